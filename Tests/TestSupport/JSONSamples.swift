// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Documents that are valid, unusual, or broken, for comparisons with the decoders of Foundation.
package enum JSONSamples {
    package static let bodies = [
        #"{"token":"eyJhbGciOiJSUzI1NiJ9.e30.x"}"#, #" { "token" : "abc" , "type":"Bearer","expires_in":900 } "#,
        #"{"a":[1,-2,0,[],{},{"token":"x"}],"token":"t","b":{"c":{"d":true}},"e":null,"f":false}"#, "{}", "[]", "",
        #"{"token":"a","token":"b"}"#, #"{"\u0074oken":"a"}"#, #"{"token":"a\"b"}"#, #"{"token":"ä"}"#,
        #"{"token":5}"#, #"{"token":null}"#, #"{"token":{}}"#, #"{"token":"a"}}"#, #"{"token":"a",}"#, "{}{}",
        #"{,"token":"a"}"#,
        #"{"token":"a" "b":1}"#, #"{"token" "a"}"#, #"{"n":01,"token":"a"}"#, #"{"n":-0,"token":"a"}"#,
        #"{"n":-,"token":"a"}"#, #"{"n":1.5e3,"token":"a"}"#, #"{"n":1e,"token":"a"}"#, #"{"n":tru,"token":"a"}"#,
        #"{"n":123456789012345678901234567890,"token":"a"}"#, #"{"n":[1,],"token":"a"}"#, #"{"n":[,1],"token":"a"}"#,
        #"{"n":nullx,"token":"a"}"#, #"{"":"","token":"a"}"#, "{\"token\":\"a\tb\"}", "\u{feff}{\"token\":\"a\"}",
        #"{"n":"# + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + #","token":"a"}"#,
        "<html></html>", #""token""#, "{\"token\":\"a\"}\u{0}", "{\"token\":\"a\"}\u{c}", #"{"tokens":"a","toke":"b"}"#,
    ]

    /// Each as it is, and a hundred times with a few bytes of it changed, taken out or put in.
    package static func documents(_ samples: [String], seed: UInt64) -> [[UInt8]] {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("{}[]\":,\\ \t\r\n0123456789-+.eEtrufalsntokeuiatxp\u{0}\u{7f}".utf8) + [0xc3, 0xa4, 0xff]
        return samples.flatMap { sample -> [[UInt8]] in
            let bytes = Array(sample.utf8)
            return [bytes]
                + (0..<100).map { _ in
                    var changed = bytes
                    for _ in 0..<Int.random(in: 1...3, using: &generator) {
                        let place = Int.random(in: 0...changed.count, using: &generator)
                        let byte = alphabet[Int.random(in: alphabet.indices, using: &generator)]
                        switch Int.random(in: 0..<3, using: &generator) {
                        case 0 where place < changed.count: changed[place] = byte
                        case 1 where place < changed.count: changed.remove(at: place)
                        default: changed.insert(byte, at: place)
                        }
                    }
                    return changed
                }
        }
    }

    /// What the fuzzer found worth keeping.
    package static func corpus() throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fuzzing/Corpus/answer")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).map {
            Array(try Data(contentsOf: $0).drop { $0 != 0x0a }.dropFirst())
        }
    }
}
