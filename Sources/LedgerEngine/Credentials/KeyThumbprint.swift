public import LedgerCrypto

/// SHA-256 over the canonical form of a public key (RFC 7638): what a token is bound to.
public typealias KeyThumbprint = Digest
