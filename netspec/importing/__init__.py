"""What other systems wrote comes in: their files become a spec that a person would write, and weights."""
