import KeyStore
import LedgerCrypto
import TestSupport
import Testing

@Suite("Damaged files")
struct DamageTests {
  @Test("A change of any byte of the keyring, or a cut, is found")
  func keyring() throws {
    let folder = TemporaryFolder.inMemory()
    _ = try create(folder)
    let path = folder.keys + "/keyring"
    let whole = readFile(path)
    for index in whole.indices {
      for change in [0x01, 0x20, 0xFF] as [UInt8] {
        var bytes = whole
        bytes[index] ^= change
        try writeFile(path, bytes)
        #expect(throws: KeyStoreError(.damaged, ""), "byte \(index) changed by \(change)") { _ = try reopen(folder) }
      }
    }
    for count in stride(from: 0, to: whole.count, by: 7) {
      try writeFile(path, Array(whole[..<count]))
      #expect(throws: KeyStoreError(.damaged, ""), "cut to \(count)") { _ = try reopen(folder) }
    }
    try writeFile(path, whole + [0x0A])
    #expect(throws: KeyStoreError(.damaged, "")) { _ = try reopen(folder) }
    try writeFile(path, whole)
    _ = try reopen(folder)
  }

  @Test("Whoever changes a line and the digest as well is still found out")
  func forgedKeyring() throws {
    let folder = TemporaryFolder.inMemory()
    do { try create(folder).rotateMasterKey(to: master(2), createdAt: 1_800_000_000_000) }
    let lines = keyringLines(folder)
    try writeKeyring(folder, lines)
    _ = try reopen(folder, master(2))
    for (index, line) in lines.enumerated() {
      var parts = line.split(separator: " ").map(String.init)
      var forgeries: [[String]] = []
      for part in parts.indices where parts[part].allSatisfy(\.isNumber) || parts[part] == "-" {
        let whole = parts[part]
        parts[part] = "1"
        forgeries.append(lines[..<index] + [parts.joined(separator: " ")] + lines[(index + 1)...])
        parts[part] = whole
      }
      forgeries.append(Array(lines[..<index]) + lines[(index + 1)...])
      forgeries.append(Array(lines[...index]) + lines[index...])
      for forged in forgeries where forged != lines {
        try writeKeyring(folder, forged)
        #expect(throws: KeyStoreError(.damaged, ""), "\(line)") { _ = try reopen(folder, master(2)) }
      }
    }
    let pepper = try #require(lines.firstIndex { $0.hasPrefix("key pin-pepper/") })
    let lookup = try #require(lines.firstIndex { $0.hasPrefix("key lookup/") })
    var swapped = lines
    swapped[pepper] = lines[lookup].replacing("lookup", with: "pin-pepper")
    try writeKeyring(folder, swapped)
    #expect(throws: KeyStoreError(.damaged, "")) { _ = try reopen(folder, master(2)) }
  }

  @Test("A change of any byte of a file of persons is found, and its place named")
  func shard() throws {
    let folder = TemporaryFolder.inMemory()
    do { try create(folder).persons.add(persons(3)) }
    let path = folder.keys + "/persons/ab"
    let whole = readFile(path)
    #expect(whole.count == 24 + 3 * 80)
    let store = try reopen(folder)
    for index in whole.indices {
      for change in [0x01, 0x80, 0xFF] as [UInt8] {
        var bytes = whole
        bytes[index] ^= change
        try writeFile(path, bytes)
        let error = #expect(throws: KeyStoreError.self, "byte \(index)") {
          _ = try store.persons.contains(persons(1)[0])
        }
        let place = index < 24 ? "header" : "entry \((index - 24) / 80)"
        #expect(error?.code == .damaged && error?.reason.contains("persons/ab") == true, "byte \(index)")
        #expect(error?.reason.contains(place) == true, "byte \(index)")
      }
    }
    for count in whole.indices {
      try writeFile(path, Array(whole[..<count]))
      #expect(throws: KeyStoreError(.damaged, ""), "cut to \(count)") { _ = try store.persons.contains(persons(1)[0]) }
    }
    try writeFile(path, [UInt8](repeating: 0, count: whole.count))
    #expect(throws: KeyStoreError(.damaged, "")) { _ = try store.persons.contains(persons(1)[0]) }
    try writeFile(path, whole)
    #expect(try store.persons.contains(persons(1)[0]))
    try writeFile(folder.keys + "/persons/ac", whole)
    #expect(throws: KeyStoreError(.damaged, "")) { _ = try store.persons.contains(persons(1, shard: 0xAC)[0]) }
  }

  @Test("What a crash left behind the counted entries is ignored, and gone with the next addition")
  func tornAppend() throws {
    let folder = TemporaryFolder.inMemory()
    do { try create(folder).persons.add(Array(persons(2))) }
    let path = folder.keys + "/persons/ab"
    let whole = readFile(path)
    for tail in [1, 79, 80, 81, 200] {
      try writeFile(path, whole + [UInt8](repeating: 0xEE, count: tail))
      let store = try reopen(folder)
      #expect(try store.persons.contains(persons(2)[1]))
      #expect(try !store.persons.contains(persons(3)[2]))
      try store.persons.add([persons(3)[2]])
      #expect(readFile(path).count == whole.count + 80)
      #expect(Array(readFile(path)[24..<(24 + 160)]) == Array(whole[24...]))
      #expect(try store.persons.contains(persons(3)[2]))
    }
  }
}
