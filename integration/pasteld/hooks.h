// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// What pasteld calls. Functions about blocks are quiet until start has succeeded; without -smartpool all answer as a stock node would.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <script/standard.h>

class CBlock;
class CBlockIndex;
class CChainParams;
class CCoinsViewCache;
class CMasternode;
class CMasternodeBroadcast;
class COutPoint;
class CValidationState;
class masternode_info_t;
struct CBlockTemplate;

namespace smartpool {

// start reads -smartpool=ADDRESS and -smartpoolcookie=FILE, and takes the rules to the node's tip. False, with an error for people, if
// the node cannot go on. Without -smartpool it does nothing. Call it before ActivateBestChain.
bool start(const CChainParams& params, std::string& error);

// retry tries again what got no answer. For a scheduler, every few seconds; it takes cs_main.
void retry(const CChainParams& params);

// connectBlock asks whether the chain may grow by a block, with cs_main held. False means that state holds a refusal, which marks the
// block, or an error, which marks nothing.
bool connectBlock(const CBlock& block, const CBlockIndex* index, CValidationState& state);

// disconnectTip has the rules go back with the node, with cs_main held. False means that state holds an error.
bool disconnectTip(const CBlockIndex* index, CValidationState& state);

// mustFlush reports whether the node has to write its coins now, so that a crash never leaves it further back than the rules can go. It is
// asked once a connected block.
bool mustFlush();

// addPayouts puts due payouts into a template, behind the coinbase, and counts their size and signature checks. Throws
// std::runtime_error if there is no answer: no template is made then.
void addPayouts(CBlockTemplate& block, CCoinsViewCache& view, const CBlockIndex* parent, const CChainParams& params, std::uint64_t& size,
                int& sigOps);

// makeTemplate has a miner's thread make a template. False if there was no answer: the thread waits and tries again.
bool makeTemplate(const std::function<void()>& make);

// isPooled reports whether an outpoint is the collateral reference of a pool's Supernode. Never on a node without -smartpool.
bool isPooled(const COutPoint& outpoint);

// isGone reports whether the rules say that a pool's Supernode leaves the list. Without an answer it is not gone.
bool isGone(const COutPoint& outpoint);

// collateralHeight is the height of a pool's activation; -1 if that is not known or its Supernode is gone.
int collateralHeight(const COutPoint& outpoint);

// identity finds the PastelID of a pool's Supernode. False if it is not known, or the Supernode is not a pool's.
bool identity(const COutPoint& outpoint, std::string& pastelID);

// isPayable reports whether a Supernode may be voted for and paid: any but a pool's, and one that the rules call active.
bool isPayable(const COutPoint& outpoint);

// payee is the script that a Supernode is paid at: its pool's escrow, or its collateral key's. Empty if the pool's is not known.
CScript payee(const masternode_info_t& supernode);

// payeeAddress is the same for people.
CTxDestination payeeAddress(const masternode_info_t& supernode);

// mayLaunch reports whether the PastelID of a pool's Supernode allows the machine that announces itself, and whether that may take the
// place of the present one, if any. True for a Supernode that is not a pool's.
bool mayLaunch(const CMasternodeBroadcast& announced, const CMasternode* present);

} // namespace smartpool
