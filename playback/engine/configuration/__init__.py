"""What shapes a session: four levels of settings, the shipped profiles, the rules that interrupt."""
