import Hummingbird

/// The settings that the server runs with, for operators. No secret is among them.
extension ManagementPortal {
  func configurationPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    let rows = settings.configuration.map { setting -> HTML in
      let value: HTML =
        setting.isSecret
        ? #"<span class="soft">\#(setting.value.isEmpty ? "not set" : "set, and not shown")</span>"#
        : setting.value.isEmpty
          ? #"<span class="soft">not set</span>"# : #"<code><bdi dir="ltr">\#(setting.value)</bdi></code>"#
      return #"""
        <tr><th scope="row"><code>\#(setting.name)</code></th><td data-label="Value">\#(value)</td><td data-label="From">\#(setting.source)</td></tr>
        """#
    }
    let providers = connections.map { connection -> HTML in
      let provider = connection.provider
      return #"""
        <tr><th scope="row">\#(Part.name(provider.name))</th><td data-label="Issuer"><code>\#(provider.issuer)</code></td><td data-label="Who">\#(provider.domains.isEmpty && provider.tenants.isEmpty ? "Everybody there" : (provider.domains + provider.tenants).joined(separator: ", "))</td><td data-label="Client secret">\#(provider.secret == nil ? "not set" : "set, and not shown")</td></tr>
        """#
    }
    let content: HTML = #"""
      \#(Part.header("Configuration", below: "<p>What the server runs with since it started. It is changed where it comes from, and read at the next start.</p>"))
      <section class="stack" aria-labelledby="settings"><h2 id="settings">Settings</h2><div class="table-box"><table class="lists dense"><caption class="visually-hidden">Settings</caption><thead><tr><th scope="col">Setting</th><th scope="col">Value in force</th><th scope="col">From</th></tr></thead><tbody>\#(rows)</tbody></table></div></section>
      <section class="stack" aria-labelledby="providers"><h2 id="providers">Identity providers</h2>\#(providers.isEmpty ? #"<div class="card"><p>None is set up.</p></div>"# as HTML : #"<div class="table-box"><table class="lists"><caption class="visually-hidden">Identity providers</caption><thead><tr><th scope="col">Name</th><th scope="col">Issuer</th><th scope="col">Who may sign in</th><th scope="col">Client secret</th></tr></thead><tbody>\#(providers)</tbody></table></div>"#)</section>
      \#(Part.commandLine(["credledger serve --help"]))
      """#
    return .html(layout().page(Page("Configuration", at: .configuration, content), for: viewer))
  }
}

extension PortalSettings {
  /// Where a checkpoint is kept that a witness cosigned.
  public struct CosignedFile: Sendable, Equatable {
    let path: String
    /// The witness's public key (C2SP signed-note, type 4).
    let witness: String

    public init(path: String, witness: String) {
      self.path = path
      self.witness = witness
    }
  }

  /// A setting of the server, as it is shown.
  public struct Setting: Sendable, Equatable {
    public let name: String
    /// Empty where it is not set. Of a secret only whether it is empty is looked at.
    public let value: String
    public let isSecret: Bool
    /// Where it comes from, such as `environment`.
    public let source: String

    /// - Parameter value: of a secret no more is kept than whether there is one.
    public init(name: String, value: String, isSecret: Bool, source: String) {
      self.name = name
      self.value = isSecret && !value.isEmpty ? "set" : value
      self.isSecret = isSecret
      self.source = source
    }
  }
}
