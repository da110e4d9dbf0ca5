// Tries a plugin's entry in a process that is thrown away, and writes what it would register.
// SPDX-License-Identifier: Apache-2.0
#include "wdprov_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Limits of what is listed: a plugin with more is no provider but an accident.
enum { MOST_DRIVERS = 1024, MOST_ALIASES = 64, LONGEST_TEXT = 256, LARGEST_STRUCT = 1 << 16 };

static struct {
  int descriptor;
  bool is_registered;
  // Why what was offered was refused, which an entry may pass over.
  int32_t refusal;
} trial;

// Whether a struct is one of this version: not short, and zero where it is longer than what is known.
static bool is_struct(const void *bytes, size_t known) {
  uint32_t head[2];
  if (bytes == NULL) {
    return false;
  }
  memcpy(head, bytes, sizeof head);
  if (head[0] != WDPROV_ABI_VERSION || head[1] < known || head[1] > LARGEST_STRUCT) {
    return false;
  }
  for (size_t index = known; index < head[1]; index++) {
    if (((const unsigned char *)bytes)[index] != 0) {
      return false;
    }
  }
  return true;
}

static int32_t refuse(const char *why) {
  wdprov_report_put(0, why);
  trial.refusal = -WDPROV_ERROR_INVALID;
  return trial.refusal;
}

static void put(const char *text, size_t length) {
  while (length > 0) {
    const ssize_t count = write(trial.descriptor, text, length);
    if (count <= 0) {
      _exit(1);
    }
    text += count;
    length -= (size_t)count;
  }
}

// Writes text without the characters that structure the lines.
static void put_text(const char *text) {
  char copy[LONGEST_TEXT];
  const size_t length = text == NULL ? 0 : strnlen(text, sizeof copy);
  for (size_t index = 0; index < length; index++) {
    copy[index] = (unsigned char)text[index] < ' ' ? '?' : text[index];
  }
  put(copy, length);
}

static void put_line(const char *tag, const char *first, const char *second) {
  put(tag, strlen(tag));
  put_text(first);
  if (second != NULL) {
    put("\t", 1);
    put_text(second);
  }
  put("\n", 1);
}

static int32_t trial_register(const struct wdprov_host *host, const struct wdprov_provider *provider) {
  (void)host;
  if (!is_struct(provider, sizeof *provider)) {
    return refuse("the provider's struct is of another version, short, or has members that this host does not know");
  }
  if (trial.is_registered) {
    return -WDPROV_ERROR_EXISTS;
  }
  if (provider->drivers == NULL || provider->driver_count == 0 || provider->driver_count > MOST_DRIVERS) {
    return refuse("the provider has no drivers, or more than 1024");
  }
  put_line("P ", provider->name, provider->version == NULL ? "" : provider->version);
  for (size_t index = 0; index < provider->driver_count; index++) {
    const struct wdprov_driver *driver = provider->drivers[index];
    if (!is_struct(driver, sizeof *driver)) {
      return refuse("a driver's struct is of another version, short, or has members that this host does not know");
    }
    put_line("D ", driver->name, driver->driver_name == NULL ? "" : driver->driver_name);
    for (size_t alias = 0; driver->aliases != NULL && driver->aliases[alias] != NULL && alias < MOST_ALIASES; alias++) {
      put_line("A ", driver->aliases[alias], NULL);
    }
  }
  trial.is_registered = true;
  return 0;
}

static void trial_log(const struct wdprov_host *host, int32_t level, const char *message) {
  (void)host;
  (void)level;
  (void)message;
}

static void *trial_allocate(const struct wdprov_host *host, size_t bytes) {
  (void)host;
  void *memory = NULL;
  if (bytes > PTRDIFF_MAX / 2 || posix_memalign(&memory, 64, bytes == 0 ? 1 : bytes) != 0) {
    return NULL;
  }
  memset(memory, 0, bytes);
  return memory;
}

static void trial_deallocate(const struct wdprov_host *host, void *memory) {
  (void)host;
  free(memory);
}

static void trial_report(const struct wdprov_host *host, int32_t number, const char *message) {
  (void)host;
  wdprov_report_put(number, message);
}

static int32_t trial_find(const struct wdprov_host *host, const char *name, const struct wdprov_driver **algorithm) {
  (void)host;
  (void)name;
  (void)algorithm;
  return -WDPROV_ERROR_NOT_FOUND;
}

static void trial_release(const struct wdprov_host *host, const struct wdprov_driver *algorithm) {
  (void)host;
  (void)algorithm;
}

int wdprov_trial(void *entry, int descriptor) {
  // ISO C has no conversion from an object pointer to a function; POSIX's dlsym demands that this works.
  int32_t (*init)(const struct wdprov_host *) = NULL;
  memcpy(&init, &entry, sizeof init);
  trial.descriptor = descriptor;
  static const struct wdprov_host host = {
      .abi_version = WDPROV_ABI_VERSION,
      .size = sizeof host,
      .version = "WarpDrive (trial)",
      .register_provider = trial_register,
      .log = trial_log,
      .allocate = trial_allocate,
      .deallocate = trial_deallocate,
      .report = trial_report,
      .find_algorithm = trial_find,
      .release_algorithm = trial_release,
  };
  int32_t status = init(&host);
  if (status == 0 && trial.refusal != 0) {
    status = trial.refusal;
  } else if (status == 0 && !trial.is_registered) {
    status = refuse("its entry registered nothing");
  }
  int32_t number = 0;
  char message[LONGEST_TEXT];
  char digits[16];
  if (wdprov_report_take(&number, message, sizeof message)) {
    (void)snprintf(digits, sizeof digits, "%d", (int)number);
    put_line("R ", digits, message);
  }
  (void)snprintf(digits, sizeof digits, "%d", (int)status);
  put_line("E ", digits, NULL);
  return 0;
}
