/// Counts drawn as bars from left to right, as one SVG element without a style of its own. The page has a table of the same numbers
/// for people who do not see it.
struct Bars {
  /// What is counted: what is read aloud begins with it.
  let title: String
  let counts: [Int]
  /// What a bar stands for, such as a moment or a range of values.
  let label: (Int) -> String

  var drawing: HTML {
    let (total, highest) = (counts.reduce(0, +), counts.max() ?? 0)
    let boxes = counts.enumerated().filter { $0.element > 0 }.map { bar, count -> HTML in
      let height = max(2, Int(Double(count) * 38 / Double(max(1, highest))))
      return
        #"<rect x="\#(bar * 10 + 1)" y="\#(40 - height)" width="8" height="\#(height)"><title translate="no">\#(label(bar)): \#(count)</title></rect>"#
    }
    return #"""
      <svg class="bars" viewBox="0 0 \#(counts.count * 10) 40" preserveAspectRatio="none" role="img" aria-label="\#(title): \#(total) in all, at most \#(highest) in one bar">\#(boxes)</svg>
      """#
  }
}
