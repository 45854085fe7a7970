#define _GNU_SOURCE

#include "pkcs11_calls.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

// What is used of PKCS #11, by the names and in the order of the specification (OASIS PKCS #11 v2.40, section 3).
typedef unsigned long CK_ULONG;
typedef CK_ULONG CK_RV, CK_SLOT_ID, CK_SESSION_HANDLE, CK_OBJECT_HANDLE;
typedef struct { unsigned char major, minor; } CK_VERSION;
typedef struct { CK_ULONG type; void *value; CK_ULONG length; } CK_ATTRIBUTE;
typedef struct { CK_ULONG mechanism; void *parameter; CK_ULONG length; } CK_MECHANISM;
typedef struct { void *create, *destroy, *lock, *unlock; CK_ULONG flags; void *reserved; } CK_C_INITIALIZE_ARGS;
typedef struct {
  unsigned char label[32], manufacturer[32], model[16], serial[16];
  CK_ULONG flags, counts[10];
  CK_VERSION hardware, firmware;
  unsigned char time[16];
} CK_TOKEN_INFO;
typedef CK_RV (*unused)(void);

typedef struct CK_FUNCTION_LIST {
  CK_VERSION version;
  CK_RV (*C_Initialize)(void *);
  unused C_Finalize, C_GetInfo, C_GetFunctionList;
  CK_RV (*C_GetSlotList)(unsigned char, CK_SLOT_ID *, CK_ULONG *);
  unused C_GetSlotInfo;
  CK_RV (*C_GetTokenInfo)(CK_SLOT_ID, CK_TOKEN_INFO *);
  unused C_GetMechanismList, C_GetMechanismInfo, C_InitToken, C_InitPIN, C_SetPIN;
  CK_RV (*C_OpenSession)(CK_SLOT_ID, CK_ULONG, void *, void *, CK_SESSION_HANDLE *);
  CK_RV (*C_CloseSession)(CK_SESSION_HANDLE);
  unused C_CloseAllSessions, C_GetSessionInfo, C_GetOperationState, C_SetOperationState;
  CK_RV (*C_Login)(CK_SESSION_HANDLE, CK_ULONG, const unsigned char *, CK_ULONG);
  unused C_Logout, C_CreateObject, C_CopyObject, C_DestroyObject, C_GetObjectSize;
  CK_RV (*C_GetAttributeValue)(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE *, CK_ULONG);
  unused C_SetAttributeValue;
  CK_RV (*C_FindObjectsInit)(CK_SESSION_HANDLE, CK_ATTRIBUTE *, CK_ULONG);
  CK_RV (*C_FindObjects)(CK_SESSION_HANDLE, CK_OBJECT_HANDLE *, CK_ULONG, CK_ULONG *);
  CK_RV (*C_FindObjectsFinal)(CK_SESSION_HANDLE);
  unused C_EncryptInit, C_Encrypt, C_EncryptUpdate, C_EncryptFinal;
  unused C_DecryptInit, C_Decrypt, C_DecryptUpdate, C_DecryptFinal;
  unused C_DigestInit, C_Digest, C_DigestUpdate, C_DigestKey, C_DigestFinal;
  CK_RV (*C_SignInit)(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);
  CK_RV (*C_Sign)(CK_SESSION_HANDLE, const void *, CK_ULONG, void *, CK_ULONG *);
  // Others follow, which are not called.
} CK_FUNCTION_LIST;

enum {
  CKR_USER_ALREADY_LOGGED_IN = 0x100,
  CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191,
  CKF_OS_LOCKING_OK = 2,
  CKF_SERIAL_SESSION = 4,
  CKU_USER = 1,
  CKO_PUBLIC_KEY = 2,
  CKO_PRIVATE_KEY = 3,
  CKO_SECRET_KEY = 4,
  CKA_CLASS = 0,
  CKA_LABEL = 3,
  CKA_ID = 0x102,
  CKA_EC_POINT = 0x181,
  CKM_SHA256_HMAC = 0x251,
  CKM_EDDSA = 0x1057,
  slot_limit = 64,
};

static const char *meaning(CK_RV status) {
  switch (status) {
    case 0x30: return ": the token failed";
    case 0x60: case 0x62: case 0x63: return ": the key is of another kind";
    case 0x68: return ": the key may not sign";
    case 0x70: return ": the token does not know the mechanism";
    case 0xA0: case 0xA1: case 0xA2: return ": the PIN is wrong";
    case 0xA4: return ": the PIN is locked";
    case 0xE0: return ": the token is gone";
    case 0x101: return ": a PIN is needed; name its file by pin-source";
    case 0x102: return ": the token has no PIN of a user";
    default: return "";
  }
}

static long fail(char *message, const char *call, CK_RV status) {
  snprintf(message, credledger_pkcs11_message_length, "%s answered 0x%lx%s", call, status, meaning(status));
  return -1;
}

static long tell(char *message, const char *text) {
  snprintf(message, credledger_pkcs11_message_length, "%s", text);
  return -1;
}

/// The functions of a module. It stays loaded: others in the process may use it.
static CK_FUNCTION_LIST *load(const char *path, char *message) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *reason = dlerror();
    tell(message, reason == NULL ? "the module cannot be loaded" : reason);
    return NULL;
  }
  CK_RV (*list)(CK_FUNCTION_LIST **) = (CK_RV(*)(CK_FUNCTION_LIST **))dlsym(library, "C_GetFunctionList");
  CK_FUNCTION_LIST *functions = NULL;
  if (list == NULL || list(&functions) != 0 || functions == NULL) {
    tell(message, "the file is no PKCS #11 module");
    return NULL;
  }
  CK_C_INITIALIZE_ARGS arguments = {.flags = CKF_OS_LOCKING_OK};
  CK_RV status = functions->C_Initialize(&arguments);
  if (status != 0 && status != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
    fail(message, "C_Initialize", status);
    return NULL;
  }
  return functions;
}

/// Whether a text padded with spaces is the one looked for.
static int is(const unsigned char *padded, size_t size, const char *text) {
  if (text == NULL) return 1;
  size_t length = strlen(text);
  if (length > size || memcmp(padded, text, length) != 0) return 0;
  for (size_t index = length; index < size; index++)
    if (padded[index] != ' ' && padded[index] != 0) return 0;
  return 1;
}

static long open_session(CK_FUNCTION_LIST *functions, const struct credledger_pkcs11_key *key,
                         CK_SESSION_HANDLE *session, char *message) {
  CK_SLOT_ID slots[slot_limit];
  CK_ULONG count = slot_limit;
  CK_RV status = functions->C_GetSlotList(1, slots, &count);
  if (status != 0) return fail(message, "C_GetSlotList", status);
  for (CK_ULONG index = 0; index < count; index++) {
    CK_TOKEN_INFO info;
    if (functions->C_GetTokenInfo(slots[index], &info) != 0) continue;
    if (!is(info.label, sizeof info.label, key->token) || !is(info.serial, sizeof info.serial, key->serial)) continue;
    status = functions->C_OpenSession(slots[index], CKF_SERIAL_SESSION, NULL, NULL, session);
    if (status != 0) return fail(message, "C_OpenSession", status);
    if (key->pin == NULL) return 0;
    status = functions->C_Login(*session, CKU_USER, (const unsigned char *)key->pin, key->pin_length);
    if (status == 0 || status == CKR_USER_ALREADY_LOGGED_IN) return 0;
    functions->C_CloseSession(*session);
    return fail(message, "C_Login", status);
  }
  return tell(message, "there is no such token");
}

static long find(CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session, const struct credledger_pkcs11_key *key,
                 CK_ULONG class, CK_OBJECT_HANDLE *object, char *message) {
  CK_ATTRIBUTE wanted[3] = {{CKA_CLASS, &class, sizeof class}};
  CK_ULONG count = 1;
  if (key->label != NULL) wanted[count++] = (CK_ATTRIBUTE){CKA_LABEL, (void *)key->label, strlen(key->label)};
  if (key->id != NULL) wanted[count++] = (CK_ATTRIBUTE){CKA_ID, (void *)key->id, key->id_length};
  CK_RV status = functions->C_FindObjectsInit(session, wanted, count);
  if (status != 0) return fail(message, "C_FindObjectsInit", status);
  CK_OBJECT_HANDLE found[2];
  CK_ULONG matches = 0;
  status = functions->C_FindObjects(session, found, 2, &matches);
  functions->C_FindObjectsFinal(session);
  if (status != 0) return fail(message, "C_FindObjects", status);
  if (matches == 0) return tell(message, "the token has no such key, or shows it to nobody without its PIN");
  if (matches > 1) return tell(message, "the token has more than one such key; name its id");
  *object = found[0];
  return 0;
}

static long sign(const struct credledger_pkcs11_key *key, CK_ULONG class, CK_ULONG mechanism, const void *data,
                 size_t length, void *result, size_t capacity, char *message) {
  CK_FUNCTION_LIST *functions = load(key->module, message);
  CK_SESSION_HANDLE session;
  CK_OBJECT_HANDLE object;
  if (functions == NULL || open_session(functions, key, &session, message) != 0) return -1;
  long outcome = find(functions, session, key, class, &object, message);
  if (outcome == 0) {
    CK_MECHANISM chosen = {mechanism, NULL, 0};
    CK_ULONG count = capacity;
    CK_RV status = functions->C_SignInit(session, &chosen, object);
    if (status != 0) {
      outcome = fail(message, "C_SignInit", status);
    } else {
      status = functions->C_Sign(session, data, length, result, &count);
      outcome = status == 0 ? (long)count : fail(message, "C_Sign", status);
    }
  }
  functions->C_CloseSession(session);
  return outcome;
}

long credledger_pkcs11_hmac(const struct credledger_pkcs11_key *key, const void *data, size_t length, void *result,
                            size_t capacity, char *message) {
  return sign(key, CKO_SECRET_KEY, CKM_SHA256_HMAC, data, length, result, capacity, message);
}

long credledger_pkcs11_eddsa(const struct credledger_pkcs11_key *key, const void *data, size_t length, void *result,
                             size_t capacity, char *message) {
  return sign(key, CKO_PRIVATE_KEY, CKM_EDDSA, data, length, result, capacity, message);
}

long credledger_pkcs11_point(const struct credledger_pkcs11_key *key, void *result, size_t capacity, char *message) {
  CK_FUNCTION_LIST *functions = load(key->module, message);
  CK_SESSION_HANDLE session;
  CK_OBJECT_HANDLE object;
  if (functions == NULL || open_session(functions, key, &session, message) != 0) return -1;
  long outcome = find(functions, session, key, CKO_PUBLIC_KEY, &object, message);
  if (outcome == 0) {
    CK_ATTRIBUTE point = {CKA_EC_POINT, result, capacity};
    CK_RV status = functions->C_GetAttributeValue(session, object, &point, 1);
    outcome = status == 0 ? (long)point.length : fail(message, "C_GetAttributeValue", status);
  }
  functions->C_CloseSession(session);
  return outcome;
}
