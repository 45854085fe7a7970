import CredentialLedger
import Hummingbird
import LedgerOperations

/// The keys of the ledger, and how the one that signs is replaced.
extension ManagementPortal {
  func keysPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    guard try isFresh(viewer) else { return signInAgain(visit.address) }
    return try await keysAnswer(visit, viewer, problems: [])
  }

  private func keysAnswer(
    _ visit: Visit, _ viewer: Viewer, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let (keys, newest, fingerprint, isElsewhere, events) = try await asking { () throws(LedgerError) in
      (
        try ledger.verifierKeys, try ledger.verifierKey, ledger.keys.masterKeyFingerprint,
        ledger.keys.isSigningKeyElsewhere,
        try await ledger.audit.latest(
          20, of: .anyType(of: [.signingKeyRotated, .masterKeyRotated, .keyRotated, .keyDropped]))
      )
    }
    let words = try await asking { () throws(LedgerError) in try await self.words(for: events, to: viewer) }
    let rows = keys.reversed().map { key -> HTML in
      let isNewest = key == newest
      return #"""
        <tr><th scope="row" class="mono"><bdi dir="ltr">\#(key)</bdi></th><td data-label="State">\#(isNewest ? Part.status("good", "Signs now") : Part.status("", "Replaced"))</td></tr>
        """#
    }
    let needsTwo = try await needsTwo(.keys)
    let button: HTML =
      needsTwo
      ? #"<button class="button button-stop" name="do" value="propose">Propose to rotate</button>"#
      : #"<button class="button button-stop">Rotate signing key</button>"#
    let second: HTML = when(
      needsTwo, "<p>This needs a second operator, who approves what you propose. No key is replaced before.</p>")
    let rotate: HTML = #"""
      <form class="card stack" method="post" action="/portal/keys" aria-labelledby="rotate-title">\#(viewer.token)<input type="hidden" name="once" value="\#(RandomText.make(words: 2))"><h2 id="rotate-title">Rotate the signing key</h2>\#(Part.problems(problems))
      <p>A new key signs every checkpoint from now on. What the old one signed stays proven by it. <strong>Publish the new public key</strong> beside the old one at once: those who know only the old one do not believe what the new one signs.</p>\#(second)
      \#(Part.textField("reason", "Reason", hint: "It stays in the audit trail: nothing personal.", error: problems.of("reason"), more: #"maxlength="200" autocomplete="off""#))
      <div class="button-row">\#(button)</div></form>
      """#
    let elsewhere: HTML = #"""
      <section class="card stack" aria-labelledby="rotate-title"><h2 id="rotate-title">Rotate the signing key</h2><p>The signing key is kept elsewhere, in a hardware module or behind a program. It is replaced at the command line: <code>credledger key rotate-signing --external</code></p></section>
      """#
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header("Keys", below: "<p>Public keys by which others check what this ledger signs, and the key that opens personal data.</p>"))
      <section class="stack" aria-labelledby="signing"><h2 id="signing">Signing keys</h2><div class="table-box"><table class="lists"><caption class="visually-hidden">Signing keys, the newest first</caption><thead><tr><th scope="col">Public key</th><th scope="col">State</th></tr></thead><tbody>\#(rows)</tbody></table></div><p class="hint">The number behind @ is the size of the largest log that a replaced key counts for.</p><p>\#(Part.copyButton("newest-key", "Copy newest key"))<code id="newest-key" class="visually-hidden">\#(newest)</code></p></section>
      \#(isElsewhere ? elsewhere : rotate)
      <section class="card stack" aria-labelledby="master"><h2 id="master">Master key</h2><dl class="facts"><dt>Fingerprint</dt><dd><code>\#(fingerprint)</code></dd></dl><p class="soft">It never leaves the server, and no page shows it. Keep a copy elsewhere: without it nothing personal can be read. It is rotated at the command line, which asks where the new one is kept.</p></section>
      <section class="stack" aria-labelledby="key-events"><h2 id="key-events">What happened to keys</h2>\#(try eventTable(events, words))</section>
      \#(Part.commandLine(["credledger key list", Self.guardedLine("credledger key rotate-signing", isProposed: needsTwo), "credledger key rotate"]))
      """#
    return .html(
      layout().page(Page("Keys", at: .keys, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func rotateSigningKey(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    guard try isFresh(viewer) else { return signInAgain("/portal/keys") }
    guard !ledger.keys.isSigningKeyElsewhere else { throw .invalid("The signing key is kept elsewhere.") }
    guard visit.form.has("reason") else {
      return try await keysAnswer(visit, viewer, problems: [Problem("reason", "Say why, in a few words.")])
    }
    let isProposed = visit.form["do"] == "propose"
    let once = isProposed ? "" : try once(visit, viewer, "signing key", "/portal/keys")
    var context = visit.recorded()
    context.namedOperator = viewer.id
    context.reason = visit.form["reason"]
    do throws(LedgerError) {
      if isProposed { return try await propose(.rotateSigningKey(), visit, viewer) }
      try await ledger.keys.rotateSigningKey(context: context)
    } catch {
      guard error.field == "reason" || error.isRefusal else { throw PortalFailure(error) }
      let field = error.field == "reason" ? error.field : nil
      return try await keysAnswer(visit, viewer, problems: [Problem(field, RefusalWords.sentence(error))])
    }
    await spend(once, visit, viewer)
    return .see("/portal/keys?said=key-rotated\(try await receipt(of: visit))")
  }
}
