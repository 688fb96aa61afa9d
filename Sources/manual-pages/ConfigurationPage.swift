// SPDX-License-Identifier: Apache-2.0

internal import Settings
internal import YAML

/// The page of the configuration file, from the schema: every key at every level, in the schema's order.
struct ConfigurationPage {
    private let name: String
    private let program: String
    private let example: String
    private let schema: ConfigurationSchemaReader

    static func name(of program: String) -> String { program + ".yaml" }

    /// - Parameter example: a configuration that explains itself, shown as it is.
    init(program: String, example: String) throws {
        self.program = program
        self.example = example
        name = Self.name(of: program)
        schema = ConfigurationSchemaReader(try YAMLParser.parse(Array(ConfigurationSchema.text.utf8)))
    }

    func page(_ header: ManualHeader) -> ManualPage {
        ManualPage(
            name: name, section: 5, summary: "the configuration of \(program)", header: header,
            sections: [
                ManualSection(title: "DESCRIPTION", lines: description),
                ManualSection(title: "KEYS", lines: keys),
                ManualSection(title: "VALUES", lines: values),
                ManualSection(
                    title: "ENVIRONMENT", lines: Surroundings.environmentLines(namedIn: ConfigurationSchema.text)),
                ManualSection(title: "FILES", lines: Surroundings.fileLines(namedIn: Surroundings.files[0].path)),
                ManualSection(title: "EXAMPLES", lines: ManualText.literal(example)),
                ManualSection(
                    title: "SEE ALSO", lines: ManualSection.references([(program, 1), ("\(program)-validate", 1)])),
            ])
    }

    private var description: [String] {
        ManualText.lines(schema.description)
            + [".Pp"]
            + ManualText.lines(
                """
                The file is YAML, one document, in UTF-8. Keys that are not listed here are errors, and so are tags and \
                merge keys. Inside { } a text that holds { or } needs quotes.
                """)
    }

    private var keys: [String] {
        schema.levels.flatMap { level in
            [".Ss \(ManualText.argument(level.title))"]
                + ManualSection.list(
                    level.keys.map { key in
                        let values = key.values.map { "Ar " + ManualText.argument($0) }.joined(separator: " | ")
                        return ("Ic \(ManualText.argument(key.name)) : \(values)", ManualText.lines(key.explanation))
                    })
        }
    }

    private var values: [String] {
        ManualSection.list(
            schema.kinds.map { ("Ar " + ManualText.argument($0.name), ManualText.lines($0.explanation)) })
    }
}
