import Encoding

/// The cells of one query as the engine printed them for a decision: no value of a row, only how much each cell rests on.
struct CellTable: Sendable {
    struct Cell: Sendable {
        /// The row of the working table.
        var row: Int
        /// One bit for each group, set where the group is left out; the first group has the highest bit.
        var set: Int
        /// The groups' values as ranks among all values of the group, so that equal ranks are equal values.
        var ranks: [Int]
        /// As `CellSupports` names them.
        var supports: [Int]
        /// For each kind of unit the sketch of a cell that is too small; empty for others.
        var sketches: [[UInt8]] = []
        /// `ConcentrationTest.figures` for each kind of unit and each tested sum, one behind the other; `nil` where nothing is
        /// tested. Figures that are missing fail the test.
        var weights: [Double]?
        /// For each keyed set of units the sum of its record keys, below 2^62.
        var keys: [UInt64] = []
        /// The rows behind the cell.
        var rows = 0
        /// The values of the counts among the aggregates, in their order.
        var counts: [Int] = []
    }

    var cells: [Cell]

    /// - Throws: `engineFailed` for lines that are not what `CellWriter.printing` asks for.
    init(_ lines: [[JSONValue]], supports: Int) throws(SandboxError) {
        cells = []
        cells.reserveCapacity(lines.count)
        for line in lines {
            guard let cell = Self.cell(line, supports: supports) else {
                throw .engineFailed(operatorDetail: "the engine printed a cell of wrong shape")
            }
            cells.append(cell)
        }
    }

    init(cells: [Cell]) { self.cells = cells }

    private static func cell(_ line: [JSONValue], supports count: Int) -> Cell? {
        guard line.count == 9, let row = integer(line[0]), let set = integer(line[1]), let ranks = integers(line[2]),
            let supports = integers(line[3]), supports.count == count, let rows = integer(line[7]), let counts = integers(line[8])
        else { return nil }
        var cell = Cell(row: row, set: set, ranks: ranks, supports: supports, rows: rows, counts: counts)
        for sketch in line[4].arrayValue ?? [] {
            // A cell without a single unit has no sketch.
            guard sketch != .null else {
                cell.sketches.append([])
                continue
            }
            guard let text = sketch.stringValue, let bytes = bytes(text) else { return nil }
            cell.sketches.append(bytes)
        }
        if let weights = line[5].arrayValue { cell.weights = weights.map { $0.doubleValue ?? .nan } }
        for key in line[6].arrayValue ?? [] {
            guard let number = key.integerValue, let key = UInt64(exactly: number) else { return nil }
            cell.keys.append(key)
        }
        return cell
    }

    private static func integer(_ value: JSONValue) -> Int? { value.integerValue.flatMap { Int(exactly: $0) } }

    private static func integers(_ value: JSONValue) -> [Int]? {
        guard let values = value.arrayValue else { return nil }
        let numbers = values.compactMap(integer)
        return numbers.count == values.count ? numbers : nil
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8]? {
        let digits = Array(hexadecimal.utf8)
        guard digits.count % 2 == 0 else { return nil }
        func value(_ digit: UInt8) -> UInt8? {
            switch digit {
            case 0x30...0x39: digit - 0x30
            case 0x41...0x46: digit - 0x37
            default: nil
            }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
