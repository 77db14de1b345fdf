"""Classes that change each other's state."""


class Account:
    opened = 0

    def __init__(self, owner, balance=0.0):
        self.owner = owner
        self.balance = balance
        self.history = []
        Account.opened += 1

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("nothing to deposit")
        self.balance += amount
        self.history.append(("in", amount))

    def withdraw(self, amount):
        if amount > self.balance:
            self.history.append(("refused", amount))
            return False
        self.balance -= amount
        self.history.append(("out", amount))
        return True

    @property
    def is_empty(self):
        return self.balance == 0


class Savings(Account):
    def __init__(self, owner, rate):
        super().__init__(owner)
        self.rate = rate

    def add_interest(self):
        interest = round(self.balance * self.rate, 2)
        self.deposit(interest)
        return interest


class Bank:
    def __init__(self):
        self.accounts = {}

    def open(self, account):
        self.accounts[account.owner] = account
        return account

    def transfer(self, source, target, amount):
        if self.accounts[source].withdraw(amount):
            self.accounts[target].deposit(amount)
            return amount
        return 0

    def total(self):
        return sum(account.balance for account in self.accounts.values())


bank = Bank()
ada = bank.open(Account("ada", 100.0))
bob = bank.open(Savings("bob", 0.03))
moved = bank.transfer("ada", "bob", 40)
refused = bank.transfer("ada", "bob", 400)
interest = bob.add_interest()
try:
    ada.deposit(-5)
except ValueError as problem:
    message = str(problem)
total = bank.total()
opened = Account.opened
empty = [name for name, account in bank.accounts.items() if account.is_empty]
print("moved", moved, "refused", refused)
print("interest", interest)
print(f"total {total:.2f}")
ada_history = list(ada.history)
