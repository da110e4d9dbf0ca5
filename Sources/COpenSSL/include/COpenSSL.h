// What Swift sees of libcrypto: contexts with the hot sequences as one call each; libcrypto's own headers stay inside.
// SPDX-License-Identifier: Apache-2.0

#ifndef COPENSSL_H
#define COPENSSL_H

#include "cossl_library.h"

#include "cossl_aead.h"
#include "cossl_cipher.h"
#include "cossl_dh.h"
#include "cossl_digest.h"
#include "cossl_drbg.h"
#include "cossl_kdf.h"
#include "cossl_mac.h"
#include "cossl_pkey.h"
#include "cossl_random.h"
#include "cossl_rsa_cipher.h"
#include "cossl_signature.h"

#endif
