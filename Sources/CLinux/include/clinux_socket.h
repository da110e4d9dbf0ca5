// Messages on UNIX sockets that carry descriptors, and who is at the other end.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_SOCKET_H
#define CLINUX_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

// The most descriptors that one message may carry here; the kernel's own limit is 253 (SCM_MAX_FD).
enum { clinux_most_descriptors = 16 };

// Why C, for the two calls below: the CMSG_* macros are function-like and their alignment is the compiler's business.

// Sends what the segments hold, with descriptors attached to its first byte; never raises SIGPIPE.
// Returns the number of bytes sent, which may be less than all, or -1 with errno.
ssize_t clinux_send_message(int socket, const struct iovec *_Nonnull segments, size_t segment_count,
                            const int32_t *_Nullable descriptors, size_t descriptor_count);

// Receives at most `capacity` bytes once, and the descriptors that are attached to them; each is closed on execution.
// `descriptors` has room for clinux_most_descriptors; `is_truncated` becomes 1 if more were sent, which are closed.
// Returns the number of bytes, 0 at the end of the stream, or -1 with errno.
ssize_t clinux_receive_message(int socket, void *_Nonnull buffer, size_t capacity, int32_t *_Nonnull descriptors,
                               size_t *_Nonnull descriptor_count, int *_Nonnull is_truncated);

// Why C: struct sockaddr_un has a tuple of 108 characters in Swift, and its length is an offsetof.
// Each returns 0, or -1 with errno; ENAMETOOLONG if `path` does not fit.
int clinux_bind_unix(int socket, const char *_Nonnull path);
int clinux_connect_unix(int socket, const char *_Nonnull path);

// A new stream socket that is closed on execution, or -1 with errno.
// Why C: SOCK_STREAM and SOCK_CLOEXEC are an enum's cases, which Swift does not let combine.
int clinux_unix_socket(void);

// A connected pair of the same. Returns 0, or -1 with errno.
int clinux_unix_socket_pair(int32_t *_Nonnull ends);

// Takes a waiting connection; closed on execution. Returns its descriptor, or -1 with errno.
// Why C: accept4 is declared under _GNU_SOURCE only, which Swift's Glibc module does not define.
int clinux_accept(int socket);

// The process at the other end, as it was when it connected (SO_PEERCRED). Returns 0, or -1 with errno.
// Why C: struct ucred is declared under _GNU_SOURCE only.
int clinux_peer_credentials(int socket, int32_t *_Nonnull process, uint32_t *_Nonnull user, uint32_t *_Nonnull group);

// Limits how long one send may wait; 0 means for ever. Returns 0, or -1 with errno.
// Why C: setsockopt takes a pointer to a structure whose size is part of the call.
int clinux_set_send_limit(int socket, uint64_t nanoseconds);

// Limits how long one receive may wait; 0 means for ever. Returns 0, or -1 with errno.
// Why C: as above.
int clinux_set_receive_limit(int socket, uint64_t nanoseconds);

// POLLRDHUP. Why C: it is declared under _GNU_SOURCE only.
enum { clinux_poll_peer_hang_up = 0x2000 };

#endif
