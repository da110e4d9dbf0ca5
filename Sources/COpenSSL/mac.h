// What makes the contexts of each family of MACs; all need a loaded library.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_MAC_INTERNAL_H
#define COSSL_MAC_INTERNAL_H

#include "include/cossl_mac.h"

// NULL where this libcrypto lacks the algorithm, or has no memory.
cossl_mac *cossl_cmac_create(cossl_cipher_base base);
cossl_mac *cossl_gmac_create(void);
cossl_mac *cossl_evp_mac_create(cossl_mac_algorithm algorithm);

#endif
