@_exported public import LedgerCrypto
@_exported public import LedgerDomain
@_exported public import LedgerEngine
@_exported public import LedgerEvents
@_exported public import TransparencyLog

@_exported public import struct EventLog.CheckpointPolicy
@_exported public import enum EventLog.ReaderNotice
@_exported public import struct EventLog.ReaderPolicy
@_exported public import class KeyStore.GivenMasterKey
// One import is enough for the program that embeds the library: these modules hold the values that its calls take and return.
@_exported public import enum KeyStore.KeyKind
@_exported public import enum KeyStore.KeyRole
@_exported public import struct KeyStore.KeyringKey
@_exported public import struct KeyStore.MasterKey
@_exported public import struct KeyStore.MasterKeyCommand
@_exported public import protocol KeyStore.MasterKeyProvider
@_exported public import struct KeyStore.MasterKeyUnavailable
@_exported public import struct KeyStore.PKCS11MasterKey
@_exported public import struct KeyStore.PKCS11SigningKey
@_exported public import struct KeyStore.PKCS11URI
@_exported public import struct KeyStore.SigningCommand
@_exported public import protocol KeyStore.SigningKeyProvider
@_exported public import enum KeyStore.SigningKeySource
@_exported public import struct KeyStore.SigningUnavailable
