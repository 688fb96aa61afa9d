// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The page for maintainers describes the package as it is.
@Suite struct ArchitecturePageTests {
    private static func text(_ name: String) throws -> String {
        try String(contentsOf: Repository.url(name), encoding: .utf8)
    }

    private static func page() throws -> MarkdownPage {
        MarkdownPage(name: "docs/architecture.md", text: try text("docs/architecture.md"))
    }

    @Test("The module graph of the page is the one of Package.swift, and of the folders in Sources")
    func moduleGraph() throws {
        let graph = ModuleGraph(page: try Self.page())
        let manifest = ModuleGraph(manifest: try Self.text("Package.swift"))
        #expect(graph.imports.keys.sorted() == manifest.imports.keys.sorted())
        for (module, imports) in manifest.imports { #expect(graph.imports[module] == imports, "\(module)") }
        let folders = try FileManager.default.contentsOfDirectory(atPath: Repository.path("Sources"))
        #expect(manifest.imports.keys.sorted() == folders.sorted())
    }

    @Test("No stage imports a stage, and no edge imports another module of Swift")
    func layers() throws {
        let graph = ModuleGraph(page: try Self.page())
        let stages = try #require(graph.groups["Stages"])
        let edges = try #require(graph.groups["Edges"])
        let libraries = try #require(graph.groups["C libraries and system calls"])
        #expect(stages.count >= 7 && edges.count >= 5)
        for stage in stages { #expect(graph.imports[stage]?.isDisjoint(with: stages) == true, "\(stage)") }
        for edge in edges { #expect(graph.imports[edge]?.isSubset(of: libraries) == true, "\(edge)") }
    }

    @Test("A difference between the page and Package.swift is found")
    func differences() throws {
        let text = try Self.text("docs/architecture.md")
        let manifest = try Self.text("Package.swift")
        let imports = ModuleGraph(manifest: manifest).imports
        for (old, new) in [("← Model, Curl, Crypto", "← Model, Curl"), ("  Monitoring ", "  Monitor ")] {
            #expect(text.contains(old))
            let page = MarkdownPage(name: "page", text: text.replacing(old, with: new))
            #expect(ModuleGraph(page: page).imports != imports)
        }
        let declaration = #".target(name: "YAML", dependencies: ["CYAML"]"#
        #expect(manifest.contains(declaration))
        for new in [#".target(name: "YAML", dependencies: ["CYAML", "Model"]"#, #".testTarget(name: "YAML""#] {
            #expect(ModuleGraph(manifest: manifest.replacing(declaration, with: new)).imports != imports)
        }
    }

    @Test("Every file and folder that the page names exists")
    func files() throws {
        let spans = try Self.page().prose.flatMap { $0.matches(of: /`([^` ]+)`/).map { String($0.output.1) } }
        let paths = Set(spans.filter { $0.contains("/") || $0.hasSuffix(".swift") || $0.hasSuffix(".md") })
        #expect(paths.count >= 50)
        for path in paths {
            let places = [path, "Sources/\(path)"].map(Repository.path)
            #expect(places.contains { FileManager.default.fileExists(atPath: $0) }, "\(path)")
        }
    }
}

/// The modules under `Sources`, and the modules of the package that each may import.
private struct ModuleGraph {
    private(set) var imports: [String: Set<String>] = [:]
    /// The names of the modules under each heading of the page.
    private(set) var groups: [String: Set<String>] = [:]

    /// From the page's block. A heading is not indented. A module is indented by two spaces, its continuation by more:
    /// `name  purpose ← imports`.
    init(page: MarkdownPage) {
        let block = page.blocks.first { $0.language == "text" && $0.text.contains("←") }
        var group = ""
        for line in (block?.text ?? "").replacing(/\n {4,}/, with: " ").split(separator: "\n") {
            guard let module = line.wholeMatch(of: #/  (\S+) .*← ?(.*)/#)?.output else {
                group = line.split(separator: ":").first.map(String.init) ?? ""
                continue
            }
            let name = String(module.1)
            groups[group, default: []].insert(name)
            imports[name] = Set(module.2.split { ", ".contains($0) }.map(String.init))
        }
    }

    /// From the declarations of targets. Tests, and targets with a path of their own, are left out.
    init(manifest: String) {
        let kinds = /\.(systemLibrary|target|executableTarget|testTarget)\(\s*name: "([^"]+)"/
        let declarations = manifest.matches(of: kinds)
        let ends = declarations.dropFirst().map(\.range.lowerBound) + [manifest.endIndex]
        for (declaration, end) in zip(declarations, ends) where declaration.output.1 != "testTarget" {
            let text = manifest[declaration.range.lowerBound..<end].replacing(/\.product\([^)]*\)/, with: "")
            guard !text.contains("path: ") else { continue }
            let list = text.firstMatch(of: /dependencies: \[([^\]]*)\]/)?.output.1 ?? ""
            imports[String(declaration.output.2)] = Set(list.matches(of: /"([^"]+)"/).map { String($0.output.1) })
        }
    }
}
