"""News of people that the apps above act upon; receivers run inside the sender's transaction."""

from django.dispatch import Signal

# Sent with guest=<User>, user=<User> before the guest's row is deleted, inside the merging
# transaction, both rows locked: a receiver moves what is its own from one to the other, and
# where both have it the newest wins. What nobody moves goes with the guest.
guest_merging = Signal()
