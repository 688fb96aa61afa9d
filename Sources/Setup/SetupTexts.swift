// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import Settings

/// The texts of the files and commands. They fit the shipped units, table and manifests.
struct SetupTexts {
    let scheduler: Scheduler
    let directory: String
    let every: RunInterval
    let host: SetupHost

    /// The brand that the operator replaces.
    private static let brand = "my-brand"

    private var file: String { "\(directory)/\(ConfigurationLocation.fileName)" }

    /// Whether runs have the user and the directory that packages create.
    private var hasAccount: Bool { host.user != nil }

    // MARK: Files

    var configuration: String {
        let (starter, secret, output) =
            switch scheduler {
            case .systemd:
                (
                    "the timer",
                    #"{ credential: "secrets_{brand}" }   # the file secrets/{brand}; systemd passes it on"#,
                    #"{ file: "/run/doku/{brand}.token", mode: "0640" }"#
                )
            case .cron:
                (
                    "cron", #"{ file: "secrets/{brand}" }"#,
                    hasAccount
                        ? #"{ file: "/run/doku/{brand}.token", mode: "0640" }"#
                        : #"{ file: "tokens/{brand}.token" }"#
                )
            case .kubernetes:
                (
                    "the CronJob", #"{ file: "/etc/doku-secrets/{brand}" }   # a key of the Secret doku-secrets"#,
                    #"{ kubernetes_secret: { name: doku-tokens, key: "{brand}" } }"#
                )
            }
        let report = scheduler == .kubernetes ? "report:\n  termination_message: /dev/termination-log\n" : ""
        return """
            # Written by `doku-token-rotator init`. All keys: man doku-token-rotator.yaml
            endpoint: test               # DOKU's test system; `production` for the real one
            run_every: \(every.text.padded(to: 17)) # how often \(starter) starts a run
            defaults:
              valid_time: 6h             # the token lifetime to request
              secret: \(secret)
              outputs:
                - \(output)
            brands:
              # Your brand, as DOKU knows it. The file with its secret is named after it.
              - { name: \(Self.brand), client_id: BRN-0000-00000000000000 }

            """ + report
    }

    /// The drop-in of the shipped timer.
    var timer: String {
        """
        # Written by `doku-token-rotator init`. Keep it equal to run_every in the configuration.
        [Timer]
        # Clears all times of the shipped timer, OnActiveSec= included.
        OnCalendar=
        OnActiveSec=5s
        OnCalendar=\(every.calendar)

        """
    }

    /// A table for /etc/cron.d. For other users than root, a line for their own crontab.
    var crontab: String {
        let call = "\(host.program) rotate --config \(file)"
        let head = "# Written by `doku-token-rotator init`. Keep the times equal to run_every in the configuration.\n"
        guard host.isRoot else {
            return head + "\(every.cron) SWIFT_BACKTRACE=enable=no \(call)\n"
        }
        return head + """
            SHELL=/bin/sh
            PATH=/usr/local/bin:/usr/bin:/bin
            MAILTO=root
            # A crash prints no memory.
            SWIFT_BACKTRACE=enable=no

            # Without the program, the table does nothing.
            \(every.cron) \(hasAccount ? SetupHost.userName : "root") command -v \(host.program) >/dev/null && \(call)

            """
    }

    /// The shipped overlay with this configuration and schedule.
    var kustomization: String {
        """
        # Written by `doku-token-rotator init`: the shipped overlay with this configuration and schedule.
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        resources: [kubernetes/overlays/secrets]
        configMapGenerator:
          - { name: doku-token-rotator, namespace: doku, behavior: replace, files: [config.yaml] }
        patches:
          - target: { kind: CronJob, name: doku-token-rotator }
            patch: |-
              # Keep the schedule equal to run_every in config.yaml.
              - { op: replace, path: /spec/schedule, value: "\(every.cron)" }
              - { op: replace, path: /spec/jobTemplate/spec/activeDeadlineSeconds, value: \(every.jobSeconds) }
        images:
          # Your image.
          - name: registry.example.com/doku-token-rotator
            newName: registry.example.com/doku-token-rotator
            newTag: "\(ProgramVersion.text)"

        """
    }

    // MARK: Commands

    private func putSecret(owner: String? = nil) -> String {
        "install -m 0600 \(owner.map { "-o \($0) " } ?? "")/dev/stdin \(directory)/secrets/\(Self.brand)"
    }

    /// - Parameter root: of an image; empty for this host.
    func systemdCommands(root: String) -> [String] {
        [
            putSecret(), "doku-token-rotator validate --config \(file)",
            "systemctl \(root.isEmpty ? "enable --now" : "--root=\(root) enable") doku-token-rotator.timer",
        ]
    }

    var cronCommands: [String] {
        let doctor = "doku-token-rotator doctor --config \(file)"
        return [
            putSecret(owner: hasAccount ? SetupHost.userName : nil),
            hasAccount ? "runuser -u \(SetupHost.userName) -- \(doctor)" : doctor,
            host.isRoot
                ? "install -m 0644 \(directory)/crontab /etc/cron.d/doku-token-rotator"
                : "(crontab -l; cat \(directory)/crontab) | crontab -",
        ]
    }

    var kubernetesCommands: [String] {
        // PREFIX/bin/doku-token-rotator, as `make install` and packages have it; else a clone.
        let end = "/bin/doku-token-rotator"
        let manifests =
            host.program.hasSuffix(end)
            ? "\(host.program.dropLast(end.count))/share/doc/doku-token-rotator/examples/kubernetes"
            : "config/kubernetes"
        return [
            putSecret(),
            "cp -r \(manifests) \(directory)/ && doku-token-rotator validate --config \(file)",
            "kubectl create namespace doku && kubectl -n doku create secret generic doku-secrets "
                + "--from-file=\(directory)/secrets && kubectl apply -k \(directory)",
        ]
    }
}

extension String {
    /// With spaces up to a width.
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
