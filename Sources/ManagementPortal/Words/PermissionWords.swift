import CredentialLedger

extension Permission {
  /// What a program that has it may do, for people who decide about it.
  var sentence: String {
    switch self {
    case .groupInformation: "See the group’s name, picture and sub-groups; change and remove them."
    case .groupMemberList: "See who is in the group, with phone numbers; add and remove members."
    case .textMessage: "Send messages to the group and read what is written there."
    case .actionAndResponses: "Send surveys, polls and jobs, and read the answers."
    case .userProfile: "See and change the name and picture of the person it acts for."
    case .media: "Send pictures and files, and read those that were sent."
    case .outgoingWebhooks: "Be told by the server when something happens in the group."
    case .reactions: "See and add likes and comments."
    case .tenantData:
      "Act for the whole organisation. Takes effect only where an organisation’s admin grants it."
    }
  }

  /// In the order in which people choose them.
  static let offered: [Permission] = [
    .groupInformation, .groupMemberList, .textMessage, .actionAndResponses, .userProfile, .media, .outgoingWebhooks,
    .reactions, .tenantData,
  ]
}

extension Scopes {
  /// The permissions that have a scope among these.
  var permissions: [Permission] { Permission.offered.filter { !intersection($0.scopes).isEmpty } }

  /// The names of the permissions, each a text of its own.
  var words: HTML {
    let names = permissions.map { "<span>\($0.title)</span>" as HTML }.joined(by: ", ")
    return isEmpty ? "Nothing" : "<span>\(names)</span>"
  }

  /// The permissions in words, as a list.
  var sentences: HTML {
    let items = permissions.map {
      "<li><strong>\($0.title)</strong> <span class=\"soft\">\($0.sentence)</span></li>" as HTML
    }
    return #"<ul class="stack">\#(items)</ul>"#
  }
}
