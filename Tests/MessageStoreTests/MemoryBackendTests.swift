import Testing

/// That the contract can be held by a backend that shares nothing with the built-in one.
@Suite struct MemoryBackendTests {
  private let backend = MemoryBackend()
  private var contract: MessagingContract { MessagingContract(backend) { backend.change($0) } }

  @Test func `Messages are in order, in pages`() async throws { try await contract.checkOrderAndPages() }
  @Test func `Texts have bounds`() async throws { try await contract.checkBounds() }
  @Test func `Replies name a message of the group`() async throws { try await contract.checkReplies() }
  @Test func `What an erased person wrote can be read by nobody`() async throws { try await contract.checkErasure() }
  @Test func `A request that comes again posts nothing`() async throws { try await contract.checkRepeats() }
  @Test func `Old messages are removed, some at a time`() async throws { try await contract.checkRetention() }
  @Test func `Many may post at once`() async throws { try await contract.checkConcurrentPosts() }
  @Test func `Changes of groups are applied in order, and come again without harm`() async throws {
    try await contract.checkGroupChanges()
  }
  @Test func `What is changed in it is reported until it is acknowledged`() async throws {
    try await contract.checkReports()
  }
}
