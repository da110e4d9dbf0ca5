// What a plugin said about the call that a thread is in.
// SPDX-License-Identifier: Apache-2.0
#include "wdprov_host.h"

#include <string.h>

enum { MESSAGE_ROOM = 512 };

_Thread_local bool wdprov_report_is_there;
static _Thread_local struct {
  int32_t number;
  char message[MESSAGE_ROOM];
} report;

void wdprov_report_put(int32_t number, const char *message) {
  wdprov_report_is_there = true;
  report.number = number;
  const size_t length = message == NULL ? 0 : strnlen(message, MESSAGE_ROOM - 1);
  if (length > 0) {
    memcpy(report.message, message, length);
  }
  report.message[length] = '\0';
}

bool wdprov_report_take(int32_t *number, char *message, size_t room) {
  if (!wdprov_report_is_there || room == 0) {
    return false;
  }
  wdprov_report_is_there = false;
  *number = report.number;
  const size_t length = strnlen(report.message, room - 1);
  memcpy(message, report.message, length);
  message[length] = '\0';
  return true;
}
