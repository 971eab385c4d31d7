// After the vote: the same player, named, and what can still be said about the choice.
import "mixarena/auto-save";
import "mixarena/battle/battle-player";
import "mixarena/battle/undo-timer";
