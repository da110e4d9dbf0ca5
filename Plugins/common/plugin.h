// What every plugin of the tree needs: its host, the reasons it reports, and spare contexts that are used again.
// SPDX-License-Identifier: Apache-2.0

#ifndef WDPROV_PLUGINS_PLUGIN_H
#define WDPROV_PLUGINS_PLUGIN_H

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdprov.h"

/// The host that loaded this plugin; set first in wdprov_provider_init, and never again.
static const struct wdprov_host *plugin_host;

/// Reports why a call fails, with the library's own number, and returns the negative of `error`.
__attribute__((format(printf, 3, 4))) static inline int32_t plugin_fail(
    int32_t error, int32_t number, const char *format, ...) {
  char message[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  plugin_host->report(plugin_host, number, message);
  return -error;
}

static inline int32_t plugin_no_memory(const char *what) {
  return plugin_fail(WDPROV_ERROR_EXHAUSTED, 0, "there is no memory for %s: free some, or use fewer handles", what);
}

/// Whether this plugin understands the host.
static inline int32_t plugin_begin(const struct wdprov_host *host) {
  if (host->abi_version != WDPROV_ABI_VERSION || host->size < sizeof *host) return -WDPROV_ERROR_INVALID;
  plugin_host = host;
  return 0;
}

// MARK: Spare contexts

/// The most contexts of one class that wait for their next use: twice the processors of a small server.
#define PLUGIN_POOL_CAPACITY 16

/// Contexts that no state uses; the newest is taken first, while its memory is in the caches.
struct plugin_pool {
  pthread_mutex_t lock;
  unsigned count;
  void *contexts[PLUGIN_POOL_CAPACITY];
};

#define PLUGIN_POOL {.lock = PTHREAD_MUTEX_INITIALIZER}

/// A context that waited, or NULL.
static inline void *plugin_pool_take(struct plugin_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  void *context = pool->count > 0 ? pool->contexts[--pool->count] : NULL;
  pthread_mutex_unlock(&pool->lock);
  return context;
}

/// Keeps a context for its next use; 0 where enough wait already and the caller is to free it.
static inline int plugin_pool_put(struct plugin_pool *pool, void *context) {
  pthread_mutex_lock(&pool->lock);
  int kept = pool->count < PLUGIN_POOL_CAPACITY;
  if (kept) pool->contexts[pool->count++] = context;
  pthread_mutex_unlock(&pool->lock);
  return kept;
}

/// An address where one is wanted for no bytes.
static inline const void *plugin_bytes(const void *bytes) {
  static const unsigned char none[1];
  return bytes != NULL ? bytes : none;
}

static inline size_t plugin_least(size_t one, size_t other) { return one < other ? one : other; }

#endif
