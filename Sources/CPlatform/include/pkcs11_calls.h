#ifndef CREDLEDGER_PKCS11_CALLS_H
#define CREDLEDGER_PKCS11_CALLS_H

#include <stddef.h>

/// A key in a token, and the way to it (OASIS PKCS #11 v2.40).
struct credledger_pkcs11_key {
  /// The path of the module.
  const char *module;
  /// The token's label and serial number; NULL for any.
  const char *token;
  const char *serial;
  /// The object's label, and its ID; NULL for any.
  const char *label;
  const unsigned char *id;
  size_t id_length;
  /// The user's PIN; NULL to log in not at all.
  const char *pin;
  size_t pin_length;
};

enum { credledger_pkcs11_message_length = 256 };

/// Signs by a key: HMAC-SHA-256 by a secret key (CKM_SHA256_HMAC), or Ed25519 by a private key (CKM_EDDSA).
///
/// Returns the length of what was signed, or -1 with a message. One thread at a time.
long credledger_pkcs11_hmac(const struct credledger_pkcs11_key *key, const void *data, size_t length, void *result,
                            size_t capacity, char *message);
long credledger_pkcs11_eddsa(const struct credledger_pkcs11_key *key, const void *data, size_t length, void *result,
                             size_t capacity, char *message);

/// Reads the point of a public key on an elliptic curve (CKA_EC_POINT).
long credledger_pkcs11_point(const struct credledger_pkcs11_key *key, void *result, size_t capacity, char *message);

#endif
