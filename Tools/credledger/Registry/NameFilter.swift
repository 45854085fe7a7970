import ArgumentParser

/// Which objects of a list are shown, by their names.
struct NameFilter: ParsableArguments {
  @Option(help: "Only where the name has this text in it, whatever the case.") var name: String?

  /// The objects whose name has the text that is asked for.
  func filtered<Object>(_ objects: [Object], _ name: (Object) -> String) -> [Object] {
    guard let sought = self.name?.lowercased() else { return objects }
    return objects.filter { name($0).lowercased().contains(sought) }
  }

  /// The first of such objects, of page after page.
  ///
  /// - Parameters:
  ///   - last: the object after which they begin.
  ///   - limit: how many at most.
  ///   - id: what names an object as the last of a page.
  ///   - page: so many objects that follow one.
  func list<Object, ID>(
    after last: ID?, limit: Int, _ name: (Object) -> String, _ id: (Object) -> ID,
    _ page: (ID?, Int) throws -> [Object]
  ) throws -> [Object] {
    guard self.name != nil else { return try page(last, limit) }
    var (found, last): ([Object], ID?) = ([], last)
    repeat {
      let some = try page(last, 1_000)
      found += filtered(some, name)
      last = some.last.map(id)
    } while found.count < limit && last != nil
    return Array(found.prefix(limit))
  }
}
