// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import YAML

extension ConfigurationReader {
    mutating func readSnippets(_ fields: Fields, into configuration: inout Configuration) {
        guard let field = fields[.snippets], let items = items(field) else { return }
        for item in items {
            if let snippet = snippet(item.node, of: configuration.brands) { configuration.snippets.append(snippet) }
        }
    }

    private mutating func snippet(_ node: YAMLNode, of brands: [Brand]) -> Snippet? {
        guard let fields = fields(node, of: .snippet) else { return nil }
        let path = snippetPath(fields)
        let dialect = dialect(fields)
        let attributes = attributes(fields)
        let symlinks = symlinks(fields)
        let variable = variable(fields)
        guard let chosen = chosenBrands(fields, of: brands), take(places: chosen.count, at: fields.mark), let variable,
            let entries = entries(chosen, variable), let path, let dialect, let attributes, let symlinks
        else { return nil }
        return Snippet(path: path, dialect: dialect, entries: entries, attributes: attributes, symlinks: symlinks)
    }

    private mutating func snippetPath(_ fields: Fields) -> String? {
        guard let template = outputPath(fields) else { return nil }
        guard !template.value.isVariable else {
            return refuse(
                template.mark, "a snippet's `file` must not contain a placeholder",
                hint: "a snippet is one file for all its brands")
        }
        let path = template.value.expanded(for: "")
        return claim(path, .file, as: .output, at: template.mark) ? path : nil
    }

    /// The brands of a snippet, each once, in file order. They count as covered from now on.
    private mutating func chosenBrands(_ fields: Fields, of brands: [Brand]) -> [Brand]? {
        guard let field = required(.brands, in: fields, hint: "all, or a list of names") else { return nil }
        if isAll(field) {
            uncovered.removeAll()
            return brands
        }
        guard let chosen = namedBrands(field) else { return nil }
        for name in chosen.values { uncovered[name] = nil }
        // An invalid brand has a name, but is not in the list.
        return chosen.keys.sorted().filter(brands.indices.contains).map { brands[$0] }
    }

    func isAll(_ field: Field) -> Bool { document.text(field.node) == "all" }

    /// The brands of a list, each once, by index.
    mutating func namedBrands(_ field: Field) -> [Int: String]? {
        guard field.node.kind == .sequence, let items = items(field) else {
            return refuse(field, "must be all or a list of names")
        }
        if items.isEmpty { return refuse(field, "is an empty list", hint: "all, or a list of names") }
        var chosen: [Int: String] = [:]
        for item in items {
            guard let name = text(item) else { continue }
            guard let place = brandPlaces[name] else {
                // Comparing many wrong names with many brands would take minutes.
                suggestionBudget -= brandPlaces.count
                let suggestion =
                    suggestionBudget > 0 ? Spelling.suggestion(for: name, among: brandPlaces.keys.sorted()) : nil
                problems.add(item.mark, "no brand has this name", hint: suggestion.map { "did you mean `\($0)`?" })
                continue
            }
            if chosen.updateValue(name, forKey: place.index) == name {
                problems.add(item.mark, "this brand is named twice")
            }
        }
        return chosen
    }

    private mutating func entries(
        _ brands: [Brand], _ variable: Located<NameTemplate>
    ) -> [Snippet.Entry]? {
        guard variable.value.isVariable || brands.count <= 1 else {
            return refuse(
                variable.mark, "`variable` is the same for several brands", hint: "put {BRAND} into it")
        }
        var entries: [Snippet.Entry] = []
        entries.reserveCapacity(brands.count)
        var owners: [String: String] = [:]
        for brand in brands {
            guard let name = expand(variable, for: brand.name) else { continue }
            if let other = owners.updateValue(brand.name, forKey: name), let mark = brandPlaces[brand.name]?.mark {
                let line = brandPlaces[other]?.mark.line ?? mark.line
                problems.add(
                    mark, "in a snippet this brand has the same variable as the brand in line \(line)",
                    hint: "names that differ only in . - _ have the same {BRAND}")
            }
            entries.append(Snippet.Entry(brand: brand, variable: name))
        }
        return entries
    }
}
