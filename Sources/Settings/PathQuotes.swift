// SPDX-License-Identifier: Apache-2.0

internal import YAML

/// Quotes that were added to paths such as `{ file: /run/{brand}.token }`. YAML cannot read them without quotes, and the
/// syntax error would hide every other problem of the file.
struct PathQuotes {
    /// More reads of one file would take too long.
    private static let limit = 10

    /// The syntax errors.
    private(set) var problems: [ConfigurationProblem] = []
    /// The places of the quotes in the file as it was, in file order.
    private var added: [Mark] = []

    /// Parses a file, with quotes added if needed.
    /// - Returns: no document if there is another syntax error.
    static func parse(_ bytes: consuming [UInt8]) -> (document: YAMLDocument?, quotes: PathQuotes) {
        var quotes = PathQuotes()
        while true {
            do throws(YAMLError) {
                return (try YAMLParser.parse(bytes), quotes)
            } catch {
                quotes.problems.append(
                    ConfigurationProblem(quotes.original(error.mark), error.message, hint: error.hint))
                guard quotes.problems.count <= limit, quotes.add(at: error.mark, to: &bytes) else {
                    return (nil, quotes)
                }
            }
        }
    }

    /// All problems in file order, at their places in the file as it was.
    func merged(with others: [ConfigurationProblem]) -> [ConfigurationProblem] {
        guard !problems.isEmpty else { return others }
        let moved = others.map { other in
            let mark = original(Mark(line: other.line, column: other.column))
            return ConfigurationProblem(mark, other.message, hint: other.hint)
        }
        return (problems + moved).sorted()
    }

    private func original(_ mark: Mark) -> Mark {
        var column = mark.column
        for quote in added where quote.line == mark.line && quote.column < column { column -= 1 }
        return Mark(line: mark.line, column: column)
    }

    /// Adds quotes to the path with the brace at `mark`.
    /// - Returns: false if there is no such path.
    private mutating func add(at mark: Mark, to bytes: inout [UInt8]) -> Bool {
        var start = bytes.startIndex
        for _ in 1..<mark.line {
            guard let newline = bytes[start...].firstIndex(of: 0x0A) else { return false }
            start = newline + 1
        }
        let line = bytes[start...].prefix { $0 != 0x0A }
        func columns(_ range: Range<Int>) -> Int { line[range].count { $0 & 0xC0 != 0x80 } }
        guard let brace = line.indices.filter({ line[$0] & 0xC0 != 0x80 }).dropFirst(mark.column - 1).first,
            line[brace] == UInt8(ascii: "{")
        else { return false }
        let first = (line[..<brace].lastIndex { " \t,[{".utf8.contains($0) } ?? line.startIndex - 1) + 1
        var end = brace
        while end < line.endIndex, !" \t\r,]}".utf8.contains(line[end]) {
            // A placeholder is part of the path as a whole.
            if line[end] == UInt8(ascii: "{") {
                end = line[end...].firstIndex(of: UInt8(ascii: "}")) ?? line.endIndex - 1
            }
            end += 1
        }
        guard first < brace, !line[first..<end].contains(where: { "\"'\\".utf8.contains($0) }) else { return false }
        added += [mark.column - columns(first..<brace), mark.column + columns(brace..<end)].map { column in
            original(Mark(line: mark.line, column: column))
        }
        bytes.insert(UInt8(ascii: "\""), at: end)
        bytes.insert(UInt8(ascii: "\""), at: first)
        return true
    }
}
