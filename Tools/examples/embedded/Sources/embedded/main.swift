import CredentialLedger
import Foundation
import LedgerOperations

// A ledger in a temporary folder, and the life of one access token in it.

let folder = FileManager.default.temporaryDirectory.appending(path: "credledger-embedded-\(UUID().uuidString)")
let path = folder.path(percentEncoded: false)
let ledger = try await Ledger.create(at: path, origin: "embedded.example.org")
print("A ledger in \(path)")

/// Somebody signs in and verifies a phone. A server would send the PIN by SMS and wait for the person to type it.
func arrive(_ name: String, number: String) async throws -> AccountID {
  let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: name).account
  let request = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: account)
  _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
  print("\(name) is \(account)")
  return account
}

let developer = try await arrive("developer", number: "+911199999999")
let admin = try await arrive("admin", number: "+4915112345678")

// The developer notes the ID and the Secret; the ledger keeps a digest only.
let (connector, secret) = try await ledger.connectors.create(
  name: "Roster", permissions: [.groupInformation, .textMessage], by: developer)
print("The connector's ID is \(connector.publicID)")

// The admin grants it a group and gets the refresh token, to be handed to the developer.
let group = try await ledger.groups.create(name: "Field team", by: admin)
let granted = try await ledger.grants.grant(connector.id, consent: .scopes(.all), access: .group(group.id), by: admin)

// The developer's program trades it for an access token, which is durable when this returns.
let token = try await ledger.tokens.issue(
  connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken)
print("The token's event is at position \(token.handle.position)")

// Each request that carries the token is validated where it arrives; nothing is awaited.
switch try ledger.tokens.validate(token.accessToken) {
case .valid(let claims): print("It is valid, for \(claims.scopes)")
case .invalid(let reason): fatalError("It should be valid: \(reason)")
}

// The proof that the token's event is in the ledger, verified with the public key alone.
let proof = try await ledger.integrity.proveInclusion(of: token.handle.position)
let verifierKey = try ledger.verifierKey
guard proof.verify(origin: ledger.origin, verifierKey: verifierKey) else { fatalError("It should be proved.") }

// One event stops every token of the grant.
try await ledger.grants.revoke(granted.grant, by: admin)
guard try !ledger.tokens.validate(token.accessToken).isValid else { fatalError("It should be revoked.") }
print("Revoked: the token is valid no more")

for entry in try await ledger.audit.latest(3) {
  print("\(entry.position)  \(entry.type.name ?? "?")  by \(entry.actor)")
}
await ledger.close()
try FileManager.default.removeItem(at: folder)
