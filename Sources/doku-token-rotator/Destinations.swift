// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes
internal import Model

/// Creates the shared destinations of all kinds but files.
let destinations: DestinationMaker = { configuration, stop, end in
    KubernetesSecrets.destinations(configuration, stop, end)
}
