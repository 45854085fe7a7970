import LedgerEvents

/// Bounds of how groups lie below each other.
enum GroupHierarchy {
  /// Levels from the uppermost group to the lowest.
  static let maximumDepth = 5
  /// Sub-groups directly below one group.
  static let maximumFanOut = 100
  /// Groups directly above one group.
  static let maximumParents = 20
}

extension DomainReader where Self: ~Copyable {
  /// How many levels of groups there are from a group upwards, itself included, and whether another is among them.
  ///
  /// As no group is attached that is deeper or wider than the bounds, the walk ends; each group is seen once a level.
  func height(above group: GroupID, looking other: GroupID) throws(DecisionFailure) -> (levels: Int, isMet: Bool) {
    var level: Set<GroupID> = [group]
    var levels = 0
    var isMet = false
    while !level.isEmpty {
      levels += 1
      if level.contains(other) { isMet = true }
      var next: Set<GroupID> = []
      for group in level { next.formUnion(try read(parents(of: group))) }
      level = next
    }
    return (levels, isMet)
  }

  /// How many levels of groups there are from a group downwards, itself included.
  func depth(below group: GroupID) throws(DecisionFailure) -> Int {
    var level: Set<GroupID> = [group]
    var levels = 0
    while !level.isEmpty {
      levels += 1
      var next: Set<GroupID> = []
      for group in level { next.formUnion(try read(subgroups(of: group))) }
      level = next
    }
    return levels
  }
}
