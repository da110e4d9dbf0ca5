// Opens libcrypto with dlopen and fills the table: a process that never needs libcrypto never pays for it.
// SPDX-License-Identifier: Apache-2.0

#include "include/cossl_library.h"

#include "symbols.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct cossl_symbols cossl_libcrypto;

// Released after the table is complete, acquired before it is read.
static atomic_bool loaded;
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static const struct {
  const char *name;
  size_t offset;
  bool required;
} symbols[] = {
#define COSSL_REQUIRED(symbol) {#symbol, offsetof(struct cossl_symbols, symbol), true},
#define COSSL_OPTIONAL(symbol) {#symbol, offsetof(struct cossl_symbols, symbol), false},
    COSSL_SYMBOLS(COSSL_REQUIRED, COSSL_OPTIONAL)
#undef COSSL_REQUIRED
#undef COSSL_OPTIONAL
};

static void explain(char *reason, size_t capacity, const char *first, const char *second) {
  if (reason != NULL && capacity > 0) snprintf(reason, capacity, "%s%s", first, second);
}

// Opens a library and fills a table from it; NULL, with the reason, when it cannot serve.
static void *open_library(const char *name, struct cossl_symbols *table, char *reason, size_t capacity) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *text = dlerror();
    explain(reason, capacity, "", text != NULL ? text : name);
    return NULL;
  }
  for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
    void *address = dlsym(library, symbols[i].name);
    if (address == NULL && symbols[i].required) {
      explain(reason, capacity, "it lacks the symbol ", symbols[i].name);
      dlclose(library);
      return NULL;
    }
    // POSIX has a function pointer fit in a void *, C has no cast for it: the bytes are copied.
    memcpy((char *)table + symbols[i].offset, &address, sizeof address);
  }
  return library;
}

static bool is_loaded(void) { return atomic_load_explicit(&loaded, memory_order_acquire); }

bool cossl_load(char *reason, size_t capacity) {
  if (is_loaded()) return true;
  pthread_mutex_lock(&loading);
  bool done = atomic_load_explicit(&loaded, memory_order_relaxed);
  if (!done) {
    struct cossl_symbols table = {0};
    // Never closed: contexts, and the exit handlers of libcrypto, outlive any owner there could be.
    if (open_library(COSSL_LIBRARY_NAME, &table, reason, capacity) != NULL) {
      cossl_libcrypto = table;
      atomic_store_explicit(&loaded, true, memory_order_release);
      done = true;
    }
  }
  pthread_mutex_unlock(&loading);
  return done;
}

bool cossl_probe(const char *name, char *reason, size_t capacity) {
  struct cossl_symbols table = {0};
  void *library = open_library(name, &table, reason, capacity);
  if (library == NULL) return false;
  dlclose(library);
  return true;
}

const char *cossl_version(void) { return is_loaded() ? cossl_libcrypto.OpenSSL_version(OPENSSL_VERSION) : NULL; }

unsigned long cossl_version_number(void) { return is_loaded() ? cossl_libcrypto.OpenSSL_version_num() : 0; }

bool cossl_next_error(unsigned long *code, char *text, size_t capacity) {
  if (!is_loaded()) return false;
  const char *data = NULL;
  int flags = 0;
  *code = cossl_libcrypto.ERR_get_error_all(NULL, NULL, NULL, &data, &flags);
  if (*code == 0) return false;
  cossl_libcrypto.ERR_error_string_n(*code, text, capacity);
  if ((flags & ERR_TXT_STRING) != 0 && data != NULL && *data != '\0') {
    const size_t length = strnlen(text, capacity);
    if (length < capacity) snprintf(text + length, capacity - length, ": %s", data);
  }
  return true;
}

const char *cossl_error_reason(unsigned long code) {
  return is_loaded() ? cossl_libcrypto.ERR_reason_error_string(code) : NULL;
}
