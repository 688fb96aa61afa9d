// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import YAML

/// A brand's entry in a shared destination before `{brand}` is expanded.
struct DestinationTemplate {
    let kind: DestinationKind
    /// The values of the kind's parts, without those that were left out.
    let parts: [(part: DestinationKind.Part, value: Located<NameTemplate>)]
    let labels: [String: String]
    let mark: Mark
}

/// The shared destinations that outputs have named so far.
struct DestinationRegister {
    struct Destination {
        let kind: DestinationKind
        var settings: DestinationSettings
        /// Where an output first named it.
        let mark: Mark
        /// Where each of its keys was named.
        var keys: [String: Mark]
    }

    var all: [Destination] = []
    /// The position in ``all``, by name.
    private var places: [String: Int] = [:]

    /// The position in ``all`` of the destination with this name, which is added if it is new.
    mutating func place(of name: String, else new: () -> Destination) -> Int {
        if let place = places[name] { return place }
        places[name] = all.count
        all.append(new())
        return all.count - 1
    }
}

extension ConfigurationReader {
    /// Reads an output that is an entry in a shared destination. The keys of a file output are invalid in it.
    mutating func destination(_ output: Fields, of kind: DestinationKind) -> DestinationTemplate? {
        guard let own = output[kind.key] else { return nil }
        var isValid = true
        for field in output.all where field.key != kind.key {
            isValid = false
            if field.key == .file || DestinationKind.all.contains(where: { $0.key == field.key }) {
                problems.add(
                    field.keyMark, "`\(field.key)` and `\(kind.key)` are two outputs",
                    hint: "make each a separate item")
            } else {
                problems.add(field.keyMark, "`\(field.key)` is valid only with `file`")
            }
        }
        guard let fields = fields(own.node, of: kind.section) else { return nil }
        var parts: [(DestinationKind.Part, Located<NameTemplate>)] = []
        for part in kind.parts {
            let field = part.example.map { required(part.key, in: fields, hint: $0) } ?? fields[part.key]
            if let field, let template = template(field, of: part) {
                parts.append((part, template))
            } else if field != nil || part.example != nil {
                isValid = false
            }
        }
        guard let labels = kind.labels(&self, fields), isValid else { return nil }
        return DestinationTemplate(kind: kind, parts: parts, labels: labels, mark: fields.mark)
    }

    private mutating func template(_ field: Field, of part: DestinationKind.Part) -> Located<NameTemplate>? {
        guard let text = text(field), let template = template(text, of: field) else { return nil }
        // Text without placeholders is checked once, here.
        let isValid = template.value.isVariable || part.isValid(text)
        return isValid ? template : refuse(field, "is not \(part.rule)")
    }

    /// Registers the output of one brand.
    mutating func expand(_ output: DestinationTemplate, for brandName: String) {
        let brandMark = brandPlaces[brandName]?.mark ?? output.mark
        var address: [String: String] = [:]
        for (part, template) in output.parts {
            let text = template.value.expanded(for: brandName)
            if template.value.isVariable, !part.isValid(text) {
                problems.add(
                    brandMark, "with this brand the `\(part.key)` in line \(template.mark.line) is not \(part.rule)")
                return
            }
            address[part.key.description] = text
        }
        guard let key = address.removeValue(forKey: ConfigurationKey.key.description),
            let template = output.parts.last?.value
        else { return }
        let kind = output.kind
        let name = kind.name(address)
        let place = destinations.place(of: name) {
            DestinationRegister.Destination(
                kind: kind,
                settings: DestinationSettings(
                    kind: kind.key.description, name: name, address: address, labels: output.labels,
                    capacity: kind.capacity),
                mark: output.mark, keys: [:])
        }
        guard destinations.all[place].settings.labels == output.labels else {
            problems.add(
                output.mark,
                "the same \(kind.noun) has other `labels` in line \(destinations.all[place].mark.line)",
                hint: "use the same labels everywhere for one \(kind.noun)")
            return
        }
        destinations.all[place].settings.entries.append(DestinationSettings.Entry(brand: brandName, key: key))
        guard let other = destinations.all[place].keys.updateValue(output.mark, forKey: key) else { return }
        if other != output.mark {
            problems.add(
                template.mark, "two outputs have this key of a \(kind.noun): the other is in line \(other.line)",
                hint: "choose another key")
        } else if template.value.isVariable {
            problems.add(
                brandMark, "this brand has the same key of a \(kind.noun) as another brand",
                hint: "names that differ only in . - _ have the same {BRAND}")
        } else {
            problems.add(
                template.mark, "several brands would share this key of a \(kind.noun)", hint: "put {brand} into it")
        }
    }

    /// Stores the result, after a check that no destination is too large.
    mutating func finishDestinations(into configuration: inout Configuration) {
        for destination in destinations.all {
            let count = destination.settings.entries.count
            let size = Token.expectedSize / 1024
            guard let capacity = destination.kind.capacity, count * size * 1024 > capacity else { continue }
            let noun = destination.kind.noun
            problems.add(
                destination.mark,
                "this \(noun) would be too large: \(count) tokens × \(size) KiB = \(count * size) KiB, and a \(noun) "
                    + "holds \(capacity / 1024) KiB",
                hint: "put {brand} into its name, or spread the brands over several \(noun)s")
        }
        configuration.destinations = destinations.all.map(\.settings)
    }
}
