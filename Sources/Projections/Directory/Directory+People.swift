import EventLog
import KeyStore
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents

// Phones, groups and their members: where rows are found by keyed hashes.

extension Directory {
  // MARK: Phones

  func open(
    _ event: V3PhonePINRequested, _ position: PositionNumber, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let number = try personalData.hash(number: event.number, purpose: .phoneNumber, at: position)
    // A PIN that was hashed in another way, by an earlier version, is over.
    let isOver = event.pinDigest.isEmpty
    let challenge = PINChallenge(
      id: ChallengeID(rawValue: position), account: AccountID(rawValue: event.account), number: event.number,
      salt: Array(event.salt), digest: isOver ? .zero : try Digest(of: event.pinDigest, at: position),
      expiresAt: Timestamp(milliseconds: event.expiresAt), failures: 0, isClosed: isOver,
      connector: ConnectorID(unlessZero: event.connector))
    try put(StoredChallenge(challenge, number: number), at: .number(.challenge, position), in: &transaction)
    try note(.challenge, position, of: event.number.person, &transaction)
    guard let number else { return }
    try put(EmptyRow(), at: .digest(.challengeOfNumber, number, position), in: &transaction)
    let key = DirectoryKey.digest(.challengeByNumber, number, event.account)
    if let earlier = try row(UInt64.self, at: key, in: transaction) { try close(challenge: earlier, &transaction) }
    try put(position, at: key, in: &transaction)
  }

  func close(challenge: UInt64, _ transaction: inout WriteTransaction) throws(LogError) {
    try change(StoredChallenge.self, at: .number(.challenge, challenge), in: &transaction) {
      $0.challenge.isClosed = true
    }
  }

  func verify(_ event: PhoneVerified, _ position: PositionNumber, _ transaction: inout WriteTransaction) throws(LogError) {
    let number = try personalData.hash(number: event.number, purpose: .phoneNumber, at: position)
    let phone = Phone(
      id: PhoneID(rawValue: position), account: AccountID(rawValue: event.account), number: event.number,
      isRemoved: false)
    // None where an operator vouched for the number.
    if event.challenge != 0 { try close(challenge: event.challenge, &transaction) }
    try put(StoredPhone(phone, number: number), at: .number(.phone, position), in: &transaction)
    try note(.phone, position, of: event.number.person, &transaction)
    try put(EmptyRow(), at: .pair(.phoneOfAccount, event.account, position), in: &transaction)
    if let number { try put(position, at: .digest(.phoneByNumber, number, 0), in: &transaction) }
    // Earlier versions took invitations to be accepted by the person who verified the number.
    for membership in event.memberships { try takeOver(membership: membership, by: event.account, &transaction) }
    try takeOver(subscriptions: event.subscriptions, by: event.account, &transaction)
  }

  /// Makes the person who accepted an invitation the member.
  func takeOver(
    membership id: UInt64, by account: UInt64, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    var row = try existing(StoredMembership.self, at: .number(.membership, id), in: transaction)
    row.membership.account = AccountID(rawValue: account)
    try put(row, at: .number(.membership, id), in: &transaction)
    let group = row.membership.group.rawValue
    try change(PlaceRow.self, at: .pair(.membershipOfGroup, group, id), in: &transaction) { $0.account = account }
    try index(row.membership, &transaction)
    guard row.membership.role == .admin else { return }
    try change(Group.self, at: .number(.group, group), in: &transaction) { $0.adminCount += 1 }
  }

  func remove(phone event: PhoneRemoved, _ transaction: inout WriteTransaction) throws(LogError) {
    var row = try existing(StoredPhone.self, at: .number(.phone, event.phone), in: transaction)
    row.phone.isRemoved = true
    try put(row, at: .number(.phone, event.phone), in: &transaction)
    try remove(.pair(.phoneOfAccount, event.account, event.phone), in: &transaction)
    if let number = row.number { try remove(.digest(.phoneByNumber, number, 0), in: &transaction) }
  }

  // MARK: Groups

  func create(
    _ event: GroupCreated, _ position: PositionNumber, _ time: Timestamp, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let publicID = try PublicID(of: event.publicID, at: position)
    let group = Group(
      id: GroupID(rawValue: position), publicID: publicID, name: event.name, kind: event.kind,
      welcomeMessage: event.welcomeMessage, isDeleted: false, memberCount: 0, adminCount: 0, createdAt: time)
    try put(group, at: .number(.group, position), in: &transaction)
    try put(position, at: .publicID(.groupByPublicID, publicID), in: &transaction)
    try index(.group, position, named: event.name, &transaction)
  }

  func add(
    _ event: GroupMemberAdded, _ position: PositionNumber, _ time: Timestamp, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let number =
      event.hasNumber ? try personalData.hash(number: event.number, purpose: .memberNumber, at: position) : nil
    let membership = Membership(
      id: MembershipID(rawValue: position), group: GroupID(rawValue: event.group),
      account: AccountID(unlessZero: event.account), number: event.hasNumber ? event.number : nil, role: event.role,
      isRemoved: false, addedAt: time)
    try put(StoredMembership(membership, number: number), at: .number(.membership, position), in: &transaction)
    let person = event.hasNumber ? try PublicID(of: event.number.person, at: position) : nil
    if event.hasNumber { try note(.membership, position, of: event.number.person, &transaction) }
    try put(
      PlaceRow(account: event.account, role: event.role, person: person),
      at: .pair(.membershipOfGroup, event.group, position), in: &transaction)
    try index(membership, &transaction)
    if let number {
      try put(position, at: .digest(.membershipByNumber, number, event.group), in: &transaction)
      if let person { try put(PersonRow(person), at: .digest(.personByNumber, number, position), in: &transaction) }
    }
    try change(Group.self, at: .number(.group, event.group), in: &transaction) { group in
      group.memberCount += 1
      if event.role == .admin, event.account != 0 { group.adminCount += 1 }
    }
  }

  private func index(_ membership: Membership, _ transaction: inout WriteTransaction) throws(LogError) {
    guard let account = membership.account?.rawValue else { return }
    let group = membership.group.rawValue
    try put(membership.id.rawValue, at: .pair(.membershipByAccount, group, account), in: &transaction)
    try put(membership.id.rawValue, at: .pair(.groupOfAccount, account, group), in: &transaction)
  }

  func changeRole(_ event: GroupMemberRoleChanged, _ transaction: inout WriteTransaction) throws(LogError) {
    var row = try existing(StoredMembership.self, at: .number(.membership, event.membership), in: transaction)
    row.membership.role = event.after
    try put(row, at: .number(.membership, event.membership), in: &transaction)
    try change(PlaceRow.self, at: .pair(.membershipOfGroup, event.group, event.membership), in: &transaction) {
      $0.role = event.after
    }
    guard !row.membership.isInvitation else { return }
    try change(Group.self, at: .number(.group, event.group), in: &transaction) { group in
      if event.before == .admin { group.adminCount -= 1 }
      if event.after == .admin { group.adminCount += 1 }
    }
  }

  func remove(member event: GroupMemberRemoved, _ transaction: inout WriteTransaction) throws(LogError) {
    var row = try existing(StoredMembership.self, at: .number(.membership, event.membership), in: transaction)
    row.membership.isRemoved = true
    try put(row, at: .number(.membership, event.membership), in: &transaction)
    try remove(.pair(.membershipOfGroup, event.group, event.membership), in: &transaction)
    if let account = row.membership.account?.rawValue {
      try remove(.pair(.membershipByAccount, event.group, account), in: &transaction)
      try remove(.pair(.groupOfAccount, account, event.group), in: &transaction)
    }
    if let number = row.number {
      try remove(.digest(.membershipByNumber, number, event.group), in: &transaction)
    }
    try change(Group.self, at: .number(.group, event.group), in: &transaction) { group in
      group.memberCount -= 1
      if row.membership.role == .admin, !row.membership.isInvitation { group.adminCount -= 1 }
    }
  }
}
