@_exported public import LedgerCrypto
@_exported public import LedgerDomain
@_exported public import LedgerEvents
@_exported public import TransparencyLog

// One import is enough for whoever embeds the library: these modules hold the values that its calls take and return.
@_exported public import enum KeyStore.KeyKind
@_exported public import struct KeyStore.KeyringKey
