// SPDX-License-Identifier: Apache-2.0

import Foundation
import Settings
import Testing

/// The corpus of configuration files. The JSON Schema is checked against it as well.
enum Corpus {
    static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let folder = repository.appending(path: "Tests/ConfigurationCorpus")

    /// The names of the files in `good` or `bad`.
    static func names(in part: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: part).path)
        return (names ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
    }

    static func text(_ part: String, _ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: part).appending(path: name), encoding: .utf8)
    }

    static func problems(
        _ text: String, file: String = "config.yaml", isPrivate: Bool = false
    ) -> InvalidConfiguration? {
        do throws(InvalidConfiguration) {
            _ = try ConfigurationReader.read(Array(text.utf8), file: file, isPrivate: isPrivate)
            return nil
        } catch {
            return error
        }
    }
}

@Suite struct ConfigurationCorpusTests {
    @Test func `the corpus is large enough`() {
        let bad = Corpus.names(in: "bad")
        #expect(bad.count >= 50)
        let accepted = bad.filter { name in
            guard let text = try? Corpus.text("bad", name) else { return true }
            return Corpus.problems(text, file: name, isPrivate: text.contains("# private: yes\n")) == nil
        }
        #expect(accepted.isEmpty)
        print("scoreboard: configuration faults: \(bad.count) cases, \(accepted.count) accepted")
        #expect(Corpus.names(in: "good").count >= 20)
    }

    @Test(arguments: Corpus.names(in: "good"))
    func `a good file is read`(name: String) throws {
        let text = try Corpus.text("good", name)
        let isPrivate = text.contains("# private: yes\n")
        #expect(Corpus.problems(text, file: name, isPrivate: isPrivate)?.description == nil)
    }

    /// Exactly the expected problems, in file order, each at its position.
    @Test(arguments: Corpus.names(in: "bad"))
    func `a bad file is rejected with its problems`(name: String) throws {
        let text = try Corpus.text("bad", name)
        let mark = "# expect: "
        let expected = text.split(separator: "\n").filter { $0.hasPrefix(mark) }.map { $0.dropFirst(mark.count) }
        #expect(!expected.isEmpty)
        let isPrivate = text.contains("# private: yes\n")
        let error = try #require(Corpus.problems(text, file: name, isPrivate: isPrivate))
        let found = error.problems.map { "\($0.line):\($0.column) \($0.message) (\($0.hint ?? ""))" }
        #expect(found.count == expected.count, "\(error)")
        for (found, expected) in zip(found, expected) {
            let place = expected.prefix { $0 != " " }
            #expect(found.hasPrefix(place + " "), "\(error)")
            #expect(found.contains(expected.dropFirst(place.count + 1)), "\(error)")
        }
        #expect(!error.description.contains("canary"))
    }

    /// A rule ("must be …", "… valid only with …") is also what to do.
    @Test(arguments: Corpus.names(in: "bad"))
    func `every problem says what to do`(name: String) throws {
        let text = try Corpus.text("bad", name)
        let problems = try #require(Corpus.problems(text, file: name, isPrivate: text.contains("# private: yes\n")))
            .problems
        for problem in problems where problem.hint == nil {
            let isRule = ["must", "valid only", "belongs", "named twice", "already defined", "is not a", "longer than"]
                .contains { problem.message.contains($0) }
            #expect(isRule, "\(problem.message)")
        }
    }

    /// Each file of the corpus, damaged 20 times, is read or rejected with positions that exist.
    @Test(arguments: ["good", "bad"])
    func `a damaged file is read or rejected without a crash`(part: String) throws {
        var random = SplitMix(state: 20_240_607)
        let fragments = [
            "{", "}", "[", "]", "\n", "\t", "- ", ": ", "\"", "'", "&a", "*a", "#", "|", "\0", "é", "\u{202E}", "/",
        ]
        for name in Corpus.names(in: part) {
            let source = Array(try Corpus.text(part, name).utf8)
            for _ in 0..<20 {
                var bytes = source
                for _ in 0...random.next(below: 3) where !bytes.isEmpty {
                    let place = random.next(below: bytes.count)
                    switch random.next(below: 3) {
                    case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next(below: 256))
                    case 1: bytes.removeSubrange(place..<min(place + random.next(below: 9), bytes.count))
                    default: bytes.insert(contentsOf: fragments[random.next(below: fragments.count)].utf8, at: place)
                    }
                }
                let lines = bytes.count { $0 == 0x0A } + 2
                do throws(InvalidConfiguration) {
                    _ = try ConfigurationReader.read(bytes, file: name, isPrivate: true)
                } catch {
                    #expect(!error.problems.isEmpty)
                    #expect(error.problems.allSatisfy { (1...lines).contains($0.line) && $0.column >= 1 })
                }
            }
        }
    }

    @Test func `the shipped example is read`() throws {
        let example = Corpus.repository.appending(path: "config/example.yaml")
        let text = try String(contentsOf: example, encoding: .utf8)
        #expect(Corpus.problems(text)?.description == nil)
        #expect(text.hasPrefix("# yaml-language-server: $schema=./schema.json\n"))
    }
}

/// The same sequence on every run (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
private struct SplitMix {
    var state: UInt64

    mutating func next(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
