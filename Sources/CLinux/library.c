// Shared objects that are tried in a child process before this process loads them.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_library.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

// Every signal's default action, and none blocked: handlers of this program would run in its image of another program.
static void restore_signals(void) {
  struct sigaction usual = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) {
    // Fails for SIGKILL, SIGSTOP and those that the C library keeps, which have their default actions anyway.
    (void)sigaction(number, &usual, NULL);
  }
  sigset_t none;
  sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void limit(int resource, rlim_t most) {
  struct rlimit bound;
  if (getrlimit((__rlimit_resource_t)resource, &bound) == 0 && bound.rlim_cur > most) {
    bound.rlim_cur = most;
    (void)setrlimit((__rlimit_resource_t)resource, &bound);
  }
}

// The program's input is not the trial's to read, and what it buffered for its output would come out a second time.
static void close_standard_streams(void) {
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
    if (nowhere < 0 || dup2(nowhere, stream) < 0) {
      (void)close(stream);
    }
  }
}

static int stop_at_once(struct dl_phdr_info *object, size_t size, void *context) {
  (void)object;
  (void)size;
  (void)context;
  return 1;
}

// Takes what glibc's fork() does not free in the child: the linker's lock of dl_iterate_phdr(3), which any thread may
// have held. A child that comes past this can hang for no fault but the object's.
static void say_ready(int output) {
  (void)dl_iterate_phdr(stop_at_once, NULL);
  if (write(output, "", 1) != 1) {
    _exit(CLINUX_TRIAL_NOT_LOADED);
  }
}

static _Noreturn void run_trial(
    const char *path, const char *symbol, int (*body)(void *, int), uint32_t seconds, int output) {
  restore_signals();
  // What the object starts itself ends with it: a group of their own can be killed as one.
  (void)setpgid(0, 0);
  close_standard_streams();
  // What is open here belongs to the program: its peers would wait for a child that hangs.
  if (output > 3) {
    (void)close_range(3, (unsigned)output - 1, 0);
  }
  (void)close_range((unsigned)output + 1, ~0U, 0);
  // A parent that dies must not leave a hanging child behind.
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, seconds);
  say_ready(output);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *reason = dlerror();
    if (reason != NULL) {
      (void)!write(output, reason, strlen(reason));
    }
    _exit(CLINUX_TRIAL_NOT_LOADED);
  }
  void *entry = dlsym(library, symbol);
  if (entry == NULL) {
    _exit(CLINUX_TRIAL_NO_SYMBOL);
  }
  // Without the handlers of atexit, which belong to the parent.
  _exit(body(entry, output));
}

int32_t clinux_start_trial(
    const char *path, const char *symbol, int (*body)(void *, int), uint32_t seconds, int *output) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return -1;
  }
  const pid_t child = fork();
  if (child == 0) {
    (void)close(ends[0]);
    run_trial(path, symbol, body, seconds, ends[1]);
  }
  (void)close(ends[1]);
  if (child < 0) {
    (void)close(ends[0]);
    return -1;
  }
  *output = ends[0];
  return child;
}
