// What the signatures of these operations name.
@_exported public import CredentialLedger
