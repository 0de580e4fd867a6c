// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Whether code that was compiled somewhere runs here.

#ifndef BRINK_COMPILE_ARTIFACT_TARGET_H_
#define BRINK_COMPILE_ARTIFACT_TARGET_H_

#include "brink/error.h"
#include "engine/compile/artifact/format.h"

namespace brink::compile::artifact {

/// The engine's version that made an artifact.
std::string_view version_of(const Info& info);

/// Compares what an artifact was made for with what this engine is: fingerprint, processor,
/// options. The error (ErrorKind::Artifact) names the first difference and what to do about it.
Status check_target(const Info& made_for, const Target& host, std::string_view host_version);

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_TARGET_H_
