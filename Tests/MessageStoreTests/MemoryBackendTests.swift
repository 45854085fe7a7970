import Testing

/// That the contract can be held by a backend that shares nothing with the built-in one.
@Suite struct MemoryBackendTests {
  private let backend = MemoryBackend()
  private var contract: MessagingContract { MessagingContract(backend) { backend.change($0) } }

  @Test("Messages are in order, in pages") func messagesOrder() async throws { try await contract.checkOrderAndPages() }
  @Test("Texts have bounds") func textsBounds() async throws { try await contract.checkBounds() }
  @Test("Replies name a message of the group") func repliesName() async throws { try await contract.checkReplies() }
  @Test("What an erased person wrote can be read by nobody") func erasedPerson() async throws {
    try await contract.checkErasure()
  }
  @Test("A request that comes again posts nothing") func requestComes() async throws {
    try await contract.checkRepeats()
  }
  @Test("Old messages are removed, some at a time") func oldMessages() async throws {
    try await contract.checkRetention()
  }
  @Test("Many may post at once") func mayPost() async throws { try await contract.checkConcurrentPosts() }
  @Test("Changes of groups are applied in order, and come again without harm") func changesGroups() async throws {
    try await contract.checkGroupChanges()
  }
  @Test("What is changed in it is reported until it is acknowledged") func changedReported() async throws {
    try await contract.checkReports()
  }
}
