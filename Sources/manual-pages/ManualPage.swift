// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// What every page says of itself.
struct ManualHeader {
    let date: ManualDate
    /// Program and version, at the foot of the page.
    let source: String
}

/// A finished page.
struct ManualPage {
    let name: String
    let section: Int
    private let lines: [String]

    /// - Parameter summary: one sentence; whatis(1) shows it without capital and full stop.
    init(
        name: String, section: Int, summary: String, header: ManualHeader, sections: [ManualSection]
    ) {
        self.name = name
        self.section = section
        lines =
            [
                ".Dd \(header.date)",
                ".Dt \(ManualText.argument(name.uppercased(), isCode: false)) \(section)",
                ".Os \(ManualText.argument(header.source, isCode: false))",
                ".Sh NAME",
                ".Nm \(ManualText.argument(name, isCode: false))",
                ".Nd \(ManualText.lines(Self.asWhatis(summary)).joined(separator: " "))",
            ] + sections.filter { !$0.lines.isEmpty }.flatMap { [".Sh \(ManualText.argument($0.title))"] + $0.lines }
    }

    func write(into directory: String) throws {
        let folder = "\(directory)/man\(section)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let text = lines.joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name).\(section)"))
    }

    private static func asWhatis(_ text: String) -> String {
        let words = text.hasSuffix(".") ? text.dropLast() : text[...]
        let isName = words.dropFirst().first?.isUppercase == true
        return isName ? String(words) : words.prefix(1).lowercased() + words.dropFirst()
    }
}

/// One titled part of a page; without lines it is left out.
struct ManualSection {
    let title: String
    var lines: [String]

    /// Entries under their headings, each an mdoc `It`.
    static func list(_ entries: [(heading: String, lines: [String])]) -> [String] {
        guard !entries.isEmpty else { return [] }
        return [".Bl -tag -width Ds"] + entries.flatMap { [".It \($0.heading)"] + $0.lines } + [".El"]
    }

    /// References to other pages, in the order that mandoc asks for: by section, then by name.
    static func references(_ pages: [(name: String, section: Int)]) -> [String] {
        let sorted = pages.sorted { ($0.section, $0.name) < ($1.section, $1.name) }
        return sorted.enumerated().map { index, page in
            ".Xr \(ManualText.argument(page.name, isCode: false)) \(page.section)"
                + (index < sorted.count - 1 ? " ," : "")
        }
    }
}
