import LedgerEvents

extension Sample {
  static let namespaceRegistered = EventNamespaceRegistered.with {
    $0.name = "com.example.billing"
    $0.eventTypes = ["invoice.paid", "invoice.sent"]
  }

  static let namespaceExtended = EventNamespaceExtended.with {
    $0.namespace = 45
    $0.eventTypes = ["invoice.cancelled"]
  }

  static let customRecorded = CustomRecorded.with {
    $0.namespace = 45
    $0.namespaceName = "com.example.billing"
    $0.eventType = "invoice.paid"
    $0.payloadVersion = 3
    $0.contentType = "application/json"
    $0.payload = bytes(16, from: 46)
    $0.accounts = [11]
    $0.connectors = [14]
    $0.groups = [15]
    $0.grants = [18]
    $0.tokens = [21]
    $0.personal = [
      .with {
        $0.name = "payer"
        $0.account = 11
        $0.value = sealed(47)
      }
    ]
  }
}
