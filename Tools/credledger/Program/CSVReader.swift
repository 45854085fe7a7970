/// Reads comma-separated values (RFC 4180): cells in quotes may hold commas, line ends and doubled quotes.
enum CSVReader {
  struct Record: Sendable, Equatable {
    /// The line that it begins in, from 1.
    let line: Int
    let cells: [String]
  }

  struct Malformed: Error, Equatable {
    let line: Int
    let reason: String
  }

  /// The records of a text. A byte order mark before the first is ignored, and so are empty lines.
  static func records(of text: String) throws(Malformed) -> [Record] {
    var reader = Reader(text: Array(text.unicodeScalars.drop { $0 == "\u{FEFF}" }))
    var records: [Record] = []
    while let record = try reader.next() { if record.cells != [""] { records.append(record) } }
    return records
  }

  private struct Reader {
    let text: [Unicode.Scalar]
    var place = 0
    var line = 1

    mutating func next() throws(Malformed) -> Record? {
      guard place < text.count else { return nil }
      let start = line
      var cells: [String] = []
      while true {
        cells.append(try cell())
        guard place < text.count, text[place] == "," else { break }
        place += 1
      }
      endLine()
      return Record(line: start, cells: cells)
    }

    private mutating func cell() throws(Malformed) -> String {
      var cell = String.UnicodeScalarView()
      guard place < text.count, text[place] == "\"" else {
        while place < text.count, !",\r\n".unicodeScalars.contains(text[place]) {
          guard text[place] != "\"" else {
            throw Malformed(line: line, reason: "a quote stands inside a cell without quotes")
          }
          cell.append(text[place])
          place += 1
        }
        return String(cell)
      }
      let start = line
      place += 1
      while place < text.count {
        if text[place] == "\"" {
          place += 1
          guard place < text.count, text[place] == "\"" else {
            guard place == text.count || ",\r\n".unicodeScalars.contains(text[place]) else {
              throw Malformed(line: line, reason: "something follows the quote at a cell's end")
            }
            return String(cell)
          }
        } else if text[place] == "\n" {
          line += 1
        }
        cell.append(text[place])
        place += 1
      }
      throw Malformed(line: start, reason: "a cell has no closing quote")
    }

    private mutating func endLine() {
      if place < text.count, text[place] == "\r" { place += 1 }
      if place < text.count, text[place] == "\n" { place += 1 }
      line += 1
    }
  }
}
