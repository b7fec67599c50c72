// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// Node and rules keep a chain each. reconcile takes the rules to where the node is: at start, and whenever an answer was lost.
#pragma once

#include <stdexcept>
#include <string>

#include "client.h"

namespace smartpool {

// kMaxReorg is how many blocks the rules take back at most.
inline constexpr int kMaxReorg = 100;

// WrongPairing means that this smartpoold keeps another chain, out of reach: somebody has to act.
class WrongPairing : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Chain is the node's active chain.
class Chain {
public:
    virtual ~Chain() = default;
    virtual int height() const = 0;                 // of the last block
    virtual std::string hash(int height) const = 0; // "" above the last block
    virtual Bytes block(int height) const = 0;      // throws NoAnswer if it cannot be read
};

// Refused is a block of the node's chain that the rules refuse: it was connected without them.
struct Refused {
    int height = -1; // -1 if there is none
    Verdict verdict;
};

// reconcile takes back what the rules hold beside the node's chain, and connects the node's blocks up to its last. It returns the
// block that they refuse; they are then at its parent. Throws WrongPairing before anything is taken back, or NoAnswer wherever it is.
Refused reconcile(Client& rules, const Chain& chain);

} // namespace smartpool
