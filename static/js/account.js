// The account pages.
import "mixarena/copy-text";
import "mixarena/show-password";
