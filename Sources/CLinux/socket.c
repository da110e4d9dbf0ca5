// Messages on UNIX sockets that carry descriptors, and who is at the other end.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

_Static_assert(clinux_poll_peer_hang_up == POLLRDHUP, "the event has the kernel's value");

// Aligned as the kernel reads it.
union control {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * clinux_most_descriptors)];
};

ssize_t clinux_send_message(int socket, const struct iovec *segments, size_t segment_count, const int32_t *descriptors,
                            size_t descriptor_count) {
  union control control;
  struct msghdr message = {.msg_iov = (struct iovec *)segments, .msg_iovlen = segment_count};
  if (descriptor_count > clinux_most_descriptors) {
    errno = EINVAL;
    return -1;
  }
  if (descriptor_count > 0) {
    const size_t size = sizeof(int) * descriptor_count;
    memset(&control, 0, sizeof control);
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), descriptors, size);
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t clinux_receive_message(int socket, void *buffer, size_t capacity, int32_t *descriptors,
                               size_t *descriptor_count, int *is_truncated) {
  union control control;
  struct iovec segment = {.iov_base = buffer, .iov_len = capacity};
  struct msghdr message = {
      .msg_iov = &segment,
      .msg_iovlen = 1,
      .msg_control = control.bytes,
      .msg_controllen = sizeof control.bytes,
  };
  *descriptor_count = 0;
  *is_truncated = 0;
  const ssize_t count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (count < 0) {
    return -1;
  }
  if (message.msg_flags & MSG_CTRUNC) {
    *is_truncated = 1;
  }
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    // The kernel gives at most what fits, so `descriptors` has room for all of these.
    const size_t count_here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(descriptors + *descriptor_count, CMSG_DATA(header), count_here * sizeof(int));
    *descriptor_count += count_here;
  }
  return count;
}

static int fill_address(struct sockaddr_un *address, const char *path, socklen_t *size) {
  const size_t length = strlen(path);
  if (length >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length + 1);
  *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
  return 0;
}

int clinux_bind_unix(int socket, const char *path) {
  struct sockaddr_un address;
  socklen_t size = 0;
  return fill_address(&address, path, &size) == 0 ? bind(socket, (struct sockaddr *)&address, size) : -1;
}

int clinux_connect_unix(int socket, const char *path) {
  struct sockaddr_un address;
  socklen_t size = 0;
  return fill_address(&address, path, &size) == 0 ? connect(socket, (struct sockaddr *)&address, size) : -1;
}

int clinux_unix_socket(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

int clinux_unix_socket_pair(int32_t *ends) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends); }

int clinux_accept(int socket) { return accept4(socket, NULL, NULL, SOCK_CLOEXEC); }

int clinux_peer_credentials(int socket, int32_t *process, uint32_t *user, uint32_t *group) {
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return -1;
  }
  *process = credentials.pid;
  *user = credentials.uid;
  *group = credentials.gid;
  return 0;
}

static int set_limit(int socket, int option, uint64_t nanoseconds) {
  enum { per_second = 1000000000, per_microsecond = 1000 };
  struct timeval limit = {
      .tv_sec = (time_t)(nanoseconds / per_second),
      .tv_usec = (suseconds_t)(nanoseconds % per_second / per_microsecond),
  };
  // Zero means "for ever" to the kernel, so that a limit below a microsecond must not become it.
  if (nanoseconds > 0 && limit.tv_sec == 0 && limit.tv_usec == 0) {
    limit.tv_usec = 1;
  }
  return setsockopt(socket, SOL_SOCKET, option, &limit, sizeof limit);
}

int clinux_set_send_limit(int socket, uint64_t nanoseconds) { return set_limit(socket, SO_SNDTIMEO, nanoseconds); }

int clinux_set_receive_limit(int socket, uint64_t nanoseconds) { return set_limit(socket, SO_RCVTIMEO, nanoseconds); }
