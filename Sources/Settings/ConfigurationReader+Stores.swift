// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import YAML

/// A key of a Kubernetes Secret before `{brand}` is expanded.
struct StoreOutputTemplate {
    let namespace: String?
    let name: Located<NameTemplate>
    let key: Located<NameTemplate>
    let labels: [String: String]
    let mark: Mark
}

extension ConfigurationReader {
    /// Reads an output that is a key of a Kubernetes Secret. The keys of a file output are invalid in it.
    mutating func storeOutput(_ output: Fields, _ node: YAMLNode) -> StoreOutputTemplate? {
        var isAlone = true
        for field in output.all where field.key != .kubernetesSecret {
            isAlone = false
            if field.key == .file {
                problems.add(
                    field.keyMark, "`file` and `kubernetes_secret` are two outputs", hint: "make each a separate item")
            } else {
                problems.add(field.keyMark, "`\(field.key)` is valid only with `file`")
            }
        }
        guard let fields = fields(node, of: .kubernetesSecret) else { return nil }
        let name = storeName(fields, .name, hint: "the Secret's name, as in doku-tokens")
        let key = storeName(fields, .key, hint: "as in \"{brand}\"")
        let labels = fields[.labels].map { self.labels($0) } ?? [:]
        var namespace: String?
        if let field = fields[.namespace] {
            namespace = self.namespace(field)
            if namespace == nil { return nil }
        }
        guard let name, let key, let labels, isAlone else { return nil }
        return StoreOutputTemplate(namespace: namespace, name: name, key: key, labels: labels, mark: fields.mark)
    }

    private mutating func storeName(_ fields: Fields, _ key: ConfigurationKey, hint: String) -> Located<NameTemplate>? {
        guard let field = required(key, in: fields, hint: hint), let text = text(field) else { return nil }
        guard let template = template(text, of: field) else { return nil }
        // Text without placeholders is checked once, here.
        if !template.value.isVariable, !Self.isSound(text, key) {
            return refuse(field, "is not \(Self.rule(of: key))")
        }
        return template
    }

    private mutating func namespace(_ field: Field) -> String? {
        guard let text = text(field) else { return nil }
        guard KubernetesName.isLabel(text) else {
            return refuse(
                field, "is not a valid namespace name", hint: "1…63 of a-z 0-9 -, no dash at either end")
        }
        return text
    }

    private mutating func labels(_ field: Field) -> [String: String]? {
        guard field.node.kind == .mapping else {
            return refuse(field, "must be a mapping", hint: "of names to values")
        }
        var labels: [String: String] = [:]
        let pairs = Array(document.pairs(field.node))
        for pair in pairs {
            guard KubernetesName.isLabelKey(pair.key) else {
                problems.add(
                    pair.mark, "this is not a valid label name",
                    hint: "1…63 of A-Z a-z 0-9 . _ -, a letter or digit at both ends; or DOMAIN/NAME")
                continue
            }
            guard let text = text(Field(key: .labels, keyMark: pair.mark, node: pair.value)) else { continue }
            guard KubernetesName.isLabelValue(text) else {
                problems.add(
                    pair.value.mark, "this is not a valid label value",
                    hint: "1…63 of A-Z a-z 0-9 . _ -, a letter or digit at both ends")
                continue
            }
            labels[pair.key] = text
        }
        return labels.count == pairs.count ? labels : nil
    }

    private static func isSound(_ text: String, _ key: ConfigurationKey) -> Bool {
        key == .name ? KubernetesName.isSubdomain(text) : KubernetesName.isKey(text)
    }

    private static func rule(of key: ConfigurationKey) -> String {
        key == .name
            ? "a Secret's name: 1…253 of a-z 0-9 - in parts between dots, each with a letter or digit at both ends"
            : "a Secret's key: 1…253 of A-Z a-z 0-9 . _ -, not beginning with two dots"
    }

    /// Registers the output of one brand.
    mutating func expand(_ output: StoreOutputTemplate, for brandName: String) {
        guard let place = brandPlaces[brandName] else { return }
        let brandMark = place.mark
        let name = output.name.value.expanded(for: brandName)
        let key = output.key.value.expanded(for: brandName)
        for (text, what, template) in [(name, ConfigurationKey.name, output.name), (key, .key, output.key)]
        where template.value.isVariable && !Self.isSound(text, what) {
            problems.add(
                brandMark, "with this brand the `\(what)` in line \(template.mark.line) is not \(Self.rule(of: what))")
            return
        }
        do throws(TokenStoreRegister.Fault) {
            try stores.add(
                brand: place.index, TokenStore.Address(namespace: output.namespace, name: name), labels: output.labels,
                key: key, at: output.mark)
        } catch {
            switch error {
            case .keyTaken(let other) where other == output.mark && !output.key.value.isVariable:
                problems.add(
                    output.key.mark, "several brands would share this key of a Secret", hint: "put {brand} into it")
            case .keyTaken(let other) where other == output.mark:
                problems.add(
                    brandMark, "this brand has the same key of a Secret as another brand",
                    hint: "names that differ only in . - _ have the same {BRAND}")
            case .keyTaken(let other):
                problems.add(
                    output.key.mark, "two outputs have this key of a Secret: the other is in line \(other.line)")
            case .otherLabels(let other):
                problems.add(
                    output.mark, "the same Secret has other `labels` in line \(other.line)",
                    hint: "use the same labels everywhere for one Secret")
            }
        }
    }

    /// Stores the result, after a check that no Secret is too large.
    mutating func finishStores(into configuration: inout Configuration) {
        for (store, mark) in zip(stores.stores, stores.marks) {
            let size = TokenStore.expectedTokenSize / 1024
            let whole = store.entries.count * size
            guard whole * 1024 > TokenStore.maximumSize else { continue }
            problems.add(
                mark,
                "this Secret would be too large: \(store.entries.count) tokens × \(size) KiB = \(whole) KiB, and a Secret "
                    + "holds \(TokenStore.maximumSize / 1024) KiB",
                hint: "put {brand} into its `name`, or spread the brands over several Secrets")
        }
        configuration.stores = stores.stores
    }
}
