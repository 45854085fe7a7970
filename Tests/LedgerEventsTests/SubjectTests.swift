import LedgerEvents
import Testing

@Suite struct SubjectTests {
  private func subjects(of event: LedgerEvent) -> [String] {
    var subjects: [String] = []
    event.forEachSubject { subjects.append("\($0)") }
    return subjects
  }

  @Test("Each event names its subjects")
  func subjectsOfSamples() {
    let expected: [EventType: [String]] = [
      .ledgerCreated: [], .ledgerRestored: [], .retentionApplied: [], .clockCorrected: [], .keyRotated: [],
      .keyDropped: [], .signingKeyRotated: [],
      .masterKeyRotated: [], .accountRegistered: [], .oversightConfigured: [],
      .proposalMade: ["account:11"], .proposalDecided: ["proposal:43"],
      .personalDataRevealed: ["group:15", "account:11", "account:31"],
      .accountSignedIn: ["account:11"], .accountDisabled: ["account:11"], .accountEnabled: ["account:11"],
      .accountRoleChanged: ["account:11"], .subjectErased: ["account:11"],
      .accountSignedOut: ["account:11"], .accountSignInRefused: ["account:11"],
      .permissionReviewed: ["grant:17", "connector:14", "group:15", "account:11"],
      .phonePINRequested: ["account:11", "connector:14"],
      .phonePINRejected: ["account:11", "challenge:12"],
      .phoneVerified: ["account:11", "challenge:12", "membership:16", "membership:28"],
      .phoneRemoved: ["phone:13", "account:11"],
      .phonePINAccepted: ["account:11", "challenge:12", "connector:14"], .phonePINWithheld: ["connector:14"],
      .phonePINDispatched: ["account:11", "challenge:12"],
      .groupInvitationAccepted: ["group:15", "membership:16", "account:11", "phone:13"],
      .connectorCreated: ["account:11"], .connectorUpdated: ["connector:14"],
      .connectorSecretRotated: ["connector:14"], .connectorDeleted: ["connector:14"],
      .connectorScopesApproved: ["connector:14"], .connectorDeactivated: ["connector:14"],
      .connectorActivated: ["connector:14"], .connectorOldSecretEnded: ["connector:14"],
      .groupCreated: ["account:11"], .groupRenamed: ["group:15"], .groupDeleted: ["group:15"],
      .groupMemberAdded: ["group:15", "account:11"],
      .groupMemberRoleChanged: ["group:15", "membership:16", "account:11"],
      .groupMemberRemoved: ["group:15", "membership:16", "account:11"],
      .groupSubgroupAttached: ["group:15", "group:17"], .groupSubgroupDetached: ["group:15", "group:17"],
      .groupSubscriberAdded: ["group:15", "account:11"],
      .groupSubscriberRemoved: ["group:15", "subscription:29", "account:11"],
      .permissionGranted: ["connector:14", "group:15", "account:11", "membership:16", "phone:13"],
      .permissionRevoked: ["grant:18", "connector:14", "group:15", "account:11"],
      .refreshTokenIssued: ["connector:14", "group:15", "grant:18", "account:11", "family:19"],
      .refreshTokenRotated: ["connector:14", "group:15", "grant:18", "family:20", "token:21"],
      .refreshTokenReuseDetected: ["connector:14", "group:15", "grant:18", "family:20", "token:21"],
      .authorizationCodeIssued: ["connector:14", "account:11"],
      .authorizationRefused: ["connector:14", "account:11"],
      .authorizationCodeRedeemed: ["authorization-code:30", "connector:14", "account:11", "family:20"],
      .tokenIssued: ["connector:14", "group:15", "grant:18", "family:20", "resource-server:40"],
      .tokenLeakReported: ["token:21", "connector:14", "group:15", "grant:18", "family:20"],
      .resourceServerCreated: [], .resourceServerSecretRotated: ["resource-server:40"],
      .resourceServerDeleted: ["resource-server:40"],
      .eventNamespaceRegistered: [], .eventNamespaceExtended: ["event-namespace:45"],
      .customRecorded: ["event-namespace:45", "account:11", "connector:14", "group:15", "grant:18", "token:21"],
      .tokenRevoked: ["family:20", "connector:14", "group:15", "grant:18"],
      .webhookRegistered: ["connector:14", "group:15", "grant:18"],
      .webhookUpdated: ["webhook:22", "connector:14", "group:15"],
      .webhookDisabled: ["webhook:22", "connector:14", "group:15"],
      .webhookDeleted: ["webhook:22", "connector:14", "group:15"],
    ]
    #expect(Set(expected.keys) == Set(EventType.allCases))
    for event in Sample.current { #expect(subjects(of: event) == expected[event.type], "\(event.type)") }
  }

  @Test("What an event leaves at 0 is no subject")
  func zeroIsNone() throws {
    for type in EventType.allCases { #expect(subjects(of: try decode(type, version: 1, [])) == []) }
  }

  @Test("A record's header has room for all subjects of an event")
  func limit() {
    let verified = PhoneVerified.with {
      $0.account = 1
      $0.challenge = 2
      $0.memberships = Array(3...20)
    }
    #expect(subjects(of: .phoneVerified(verified)).count == 8)
    #expect(Sample.current.allSatisfy { subjects(of: $0).count <= 8 })
  }

  @Test("A revocation names what it reaches, and nothing twice")
  func reach() {
    func revoked(_ reach: RevocationReach, target: UInt64, connector: UInt64) -> [String] {
      subjects(
        of: .tokenRevoked(
          .with {
            $0.reach = reach
            $0.target = target
            $0.connector = connector
          }))
    }
    #expect(revoked(.token, target: 5, connector: 5) == ["token:5", "connector:5"])
    #expect(revoked(.family, target: 5, connector: 6) == ["family:5", "connector:6"])
    #expect(revoked(.connector, target: 5, connector: 5) == ["connector:5"])
    #expect(revoked(.connector, target: 5, connector: 0) == ["connector:5"])
    #expect(revoked(.account, target: 5, connector: 0) == ["account:5"])
    #expect(revoked(.unspecified, target: 5, connector: 6) == ["connector:6"])
  }

  @Test("The numbers and names of the kinds never change")
  func kinds() {
    #expect(
      SubjectKind.allCases.map { "\($0.rawValue) \($0.name)" } == [
        "1 account", "2 phone", "3 connector", "4 group", "5 grant", "6 family", "7 token", "8 webhook",
        "9 membership", "10 operator", "11 challenge", "12 subscription", "13 authorization-code",
        "20 resource-server", "21 proposal", "22 event-namespace",
      ])
  }

  @Test("A subject's text is read back")
  func text() {
    for kind in SubjectKind.allCases {
      for number: UInt64 in [0, 1, .max] {
        let subject = Subject(kind: kind, number: number)
        #expect(Subject("\(subject)") == subject)
      }
    }
    #expect("\(Subject.operator)" == "operator")
    #expect(Subject(GroupID(rawValue: 3)) == Subject("group:3"))
    for text in ["", ":", "group:", "group:0", "group:+1", "group:-1", "group:1:2", "groups:1", "secret:1", "Group:1"] {
      #expect(Subject(text) == nil, "\(text)")
    }
  }
}
