import CredentialLedger

extension WebhookEventType {
  /// Whether webhooks ever hear of it. The others are about actions and media, which this server does not have (``PlatformService/later``):
  /// a webhook may name them, as programs of the original API do, and is answered that they do not come.
  var isTold: Bool {
    switch self {
    case .textMessageCreated, .memberAdded, .memberRemoved, .groupAdded, .groupRemoved: true
    case .attachmentCreated, .announcement, .jobCreated, .jobResponse, .surveyCreated, .surveyResponse, .actionCreated,
      .actionResponse, .pollCreated, .pollResponse, .letsMeetCreated, .letsMeetResponse:
      false
    }
  }
}
