"""What a rule can say, and how it is read: definition, conditions, templates, schedules, gallery."""
