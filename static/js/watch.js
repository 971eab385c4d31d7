// A tournament to watch: parts of the page are fetched again when votes arrive.
import "mixarena/copy-text";
import "mixarena/live-topic";
