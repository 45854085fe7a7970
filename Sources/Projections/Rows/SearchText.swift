/// A text as searches compare it: in lower case, without diacritics, in words.
///
/// Rows are made of it, so it depends on nothing but the tables here and the lower-case letters of Unicode.
package enum SearchText {
  /// How many characters the shortest and the longest beginning of a word has by which the word is found.
  package static let beginnings = 2...12

  /// The words of a text: what stands between signs that are neither letters nor digits.
  package static func words(of text: some StringProtocol) -> [String] {
    folded(text).split { !$0.isPartOfWord }.map { String(String.UnicodeScalarView($0)) }
  }

  /// The text as a whole, for what is found in no other way.
  package static func whole(_ text: some StringProtocol) -> String {
    String(String.UnicodeScalarView(folded(text)))
  }

  /// What a word is found by: itself, and its beginnings.
  static func beginnings(of word: String) -> [String] {
    let scalars = word.unicodeScalars
    let lengths = beginnings.prefix { $0 < scalars.count }
    return lengths.map { String(String.UnicodeScalarView(scalars.prefix($0))) } + [word]
  }

  private static func folded(_ text: some StringProtocol) -> [Unicode.Scalar] {
    var folded: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars {
      for lower in scalar.properties.lowercaseMapping.unicodeScalars where !(0x300...0x36F).contains(lower.value) {
        if lower.value < 0x80 {
          folded.append(lower)
        } else if let plain = several[lower] {
          folded += plain.unicodeScalars
        } else {
          folded.append(plain[lower] ?? lower)
        }
      }
    }
    return folded
  }

  /// Letters that stand for more than one.
  private static let several: [Unicode.Scalar: String] = [
    "ß": "ss", "æ": "ae", "ǣ": "ae", "ǽ": "ae", "œ": "oe", "ĳ": "ij", "þ": "th",
  ]

  /// Letters with a mark, by the one without: the decompositions of Unicode for Latin, Greek and Cyrillic, and letters with
  /// a stroke, which have none.
  private static let plain: [Unicode.Scalar: Unicode.Scalar] = {
    var plain: [Unicode.Scalar: Unicode.Scalar] = [:]
    for group in groups {
      let scalars = group.unicodeScalars
      guard let first = scalars.first else { continue }
      for scalar in scalars.dropFirst() { plain[scalar] = first }
    }
    return plain
  }()

  /// The letter without a mark first.
  private static let groups = [
    "aàáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ",
    "bḃḅḇ",
    "cçćĉċčḉ",
    "dďḋḍḏḑḓđð",
    "eèéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ",
    "fḟ",
    "gĝğġģǧǵḡ",
    "hĥȟḣḥḧḩḫẖħ",
    "iìíîïĩīĭįǐȉȋḭḯỉịı",
    "jĵǰ",
    "kķǩḱḳḵ",
    "lĺļľḷḹḻḽł",
    "mḿṁṃ",
    "nñńņňǹṅṇṉṋ",
    "oòóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợøǿ",
    "pṕṗ",
    "rŕŗřȑȓṙṛṝṟ",
    "sśŝşšșṡṣṥṧṩſẛ",
    "tţťțṫṭṯṱẗŧ",
    "uùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự",
    "vṽṿ",
    "wŵẁẃẅẇẉẘ",
    "xẋẍ",
    "yýÿŷȳẏẙỳỵỷỹ",
    "zźżžẑẓẕ",
    "ʒǯ",
    "αάἀἁἂἃἄἅἆἇὰάᾀᾁᾂᾃᾄᾅᾆᾇᾰᾱᾲᾳᾴᾶᾷ",
    "εέἐἑἒἓἔἕὲέ",
    "ηήἠἡἢἣἤἥἦἧὴήᾐᾑᾒᾓᾔᾕᾖᾗῂῃῄῆῇ",
    "ιΐίϊἰἱἲἳἴἵἶἷὶίῐῑῒΐῖῗ",
    "οόὀὁὂὃὄὅὸό",
    "ρῤῥ",
    "σς",
    "υΰϋύὐὑὒὓὔὕὖὗὺύῠῡῢΰῦῧ",
    "ωώὠὡὢὣὤὥὦὧὼώᾠᾡᾢᾣᾤᾥᾦᾧῲῳῴῶῷ",
    "ϒϓϔ",
    "аӑӓ",
    "гѓ",
    "еѐёӗ",
    "жӂӝ",
    "зӟ",
    "ийѝӣӥ",
    "кќ",
    "оӧ",
    "уўӯӱӳ",
    "чӵ",
    "ыӹ",
    "эӭ",
    "ії",
    "ѵѷ",
    "әӛ",
    "өӫ",
  ]
}

extension Unicode.Scalar {
  fileprivate var isPartOfWord: Bool {
    if value < 0x80 { return (0x30...0x39).contains(value) || (0x61...0x7A).contains(value) }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
      .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
      return true
    default: return false
    }
  }
}
