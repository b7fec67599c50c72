// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// Node and rules each keep a chain. reconcile moves the rules to the node's tip, at start and after each lost answer.
#pragma once

#include <stdexcept>
#include <string>

#include "client.h"

namespace smartpool {

// kMaxReorg is the maximum number of blocks that the rules take back.
inline constexpr int kMaxReorg = 100;

// WrongPairing means that this smartpoold keeps a chain that is out of reach: the operator must act.
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

// Refused is a block of the node's chain that the rules refuse; the node connected it without them.
struct Refused {
    int height = -1; // -1 if there is none
    Verdict verdict;
};

// reconcile takes back the blocks of the rules that are not on the node's chain, and connects the node's blocks up to its last. It returns
// the block that the rules refuse, if any; they are then at its parent. Throws WrongPairing before anything is taken back, or NoAnswer at
// any point.
Refused reconcile(Client& rules, const Chain& chain);

} // namespace smartpool
