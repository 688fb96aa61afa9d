// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// What can be seen of a file from outside; a symbolic link is not followed.
package struct FileFacts: Equatable {
    /// nil where nothing is there.
    package let kind: FileAttributeType?
    package let mode: Int
    package let owner: Int
    package let group: Int
    package let inode: Int
    /// Of a regular file that may be read.
    package let contents: Data?

    package init(_ url: URL) {
        let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
        func number(_ key: FileAttributeKey) -> Int { (attributes?[key] as? NSNumber)?.intValue ?? -1 }
        kind = attributes?[.type] as? FileAttributeType
        mode = number(.posixPermissions)
        owner = number(.ownerAccountID)
        group = number(.groupOwnerAccountID)
        inode = number(.systemFileNumber)
        contents = kind == .typeRegular ? try? Data(contentsOf: url) : nil
    }

    package var text: String { String(decoding: contents ?? Data(), as: UTF8.self) }

    /// Checks what a scenario says of a file: facts one after the other, each with its value.
    package func check(_ statement: [String]) throws {
        var words = statement[...]
        /// The part of the text that is looked at.
        var part = text
        func value(_ fact: String) throws -> String {
            guard let value = words.popFirst() else { throw TestFailure("\(fact) needs a value") }
            return value
        }
        func expect(_ holds: Bool, _ problem: @autoclosure () -> String) throws {
            guard holds else { throw TestFailure(problem()) }
        }
        while let fact = words.popFirst() {
            guard fact == "missing" || kind != nil else { throw TestFailure("it is missing") }
            switch fact {
            case "missing": try expect(kind == nil, "it is there")
            case "exists": break
            case "symlink": try expect(kind == .typeSymbolicLink, "it is no symbolic link")
            case "mode":
                let wanted = try value(fact)
                try expect(mode == Int(wanted, radix: 8), "its mode is \(String(mode, radix: 8)), not \(wanted)")
            case "owner":
                let wanted = try value(fact)
                try expect(owner == Int(wanted), "its owner is \(owner), not \(wanted)")
            case "group":
                let wanted = try value(fact)
                try expect(group == Int(wanted), "its group is \(group), not \(wanted)")
            case "is":
                let wanted = try value(fact)
                try expect(part == wanted, "it holds \(part.prefix(200).debugDescription)")
            case "contains":
                let wanted = try value(fact)
                try expect(part.contains(wanted), "it holds \(part.prefix(200).debugDescription)")
            case "lacks":
                let unwanted = try value(fact)
                try expect(!part.contains(unwanted), "it holds \(part.prefix(200).debugDescription)")
            case "lines":
                let wanted = try value(fact)
                let count = part.split(separator: "\n", omittingEmptySubsequences: false).count - 1
                try expect(count == Int(wanted), "it has \(count) lines")
            case "variable":
                let name = try value(fact)
                let line = text.split(separator: "\n").first {
                    $0.hasPrefix(name + "=") || $0.hasPrefix("export \(name)=")
                }
                guard let line else { throw TestFailure("it assigns nothing to \(name)") }
                part = String(line)
            case "jwt":
                let clientID = try value(fact)
                let found = tokens(in: part)
                try expect(found.count == 1, "it holds \(found.count) tokens")
                let user = found.first.flatMap(claims(of:))?["user"] as? [String: Any]
                let named = user?["businessServiceClientId"] as? String
                try expect(named == clientID, "its token is of \(named ?? "nobody")")
            case "opaque":
                let found = tokens(in: part)
                try expect(found.count == 1 && found[0].hasPrefix("opaque-"), "it holds no opaque token")
            default: throw TestFailure("unknown fact \(fact)")
            }
        }
    }
}
